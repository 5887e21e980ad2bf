"""`python -m seq2seq.generate`: a language model goes on with a text."""

from pathlib import Path

from seq2seq.commands import app
from seq2seq.commands.line_io import standard_output
from seq2seq.config.commands import GenerateConfig
from seq2seq.errors import ConfigError


def main() -> None:
    """Entry point of `seq2seq-generate`."""
    app.run_command("generate", GenerateConfig, generate)


def generate(config: GenerateConfig, _: Path) -> None:
    """Print the prompt and what may follow it, as it comes.

    Raises:
        ConfigError: no run is given, or an option is out of range.
        RunError: `run` is no language model.
    """
    if config.run is None:
        raise ConfigError("no value for run: the folder of a trained language model")
    from seq2seq.inference.generator import load_generator  # torch comes in here, after the checks
    from seq2seq.search.sampling import Sampling

    sample = Sampling(config.temperature, config.top_k, config.top_p, 1, config.seed)
    generator = load_generator(config.run, sample, config.device, config.trusted)
    out = standard_output()
    try:
        print(config.prompt, end="", flush=True, file=out)
        for text in generator.generate(config.prompt, config.length):
            print(text, end="", flush=True, file=out)
    except KeyboardInterrupt:  # the way to end what has no end
        pass
    print(file=out)
