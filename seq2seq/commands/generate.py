"""`python -m seq2seq.generate`: text that a language model generates after a prompt."""

from pathlib import Path

from seq2seq.commands import app
from seq2seq.commands.line_io import standard_output
from seq2seq.config.commands import GenerateConfig
from seq2seq.errors import ConfigError

MIN_TEMPERATURE = 1e-30  # below it the most probable token is certain, and fp32 would divide by 0


def main() -> None:
    """Entry point of `seq2seq-generate`."""
    app.run_command("generate", GenerateConfig, generate)


def generate(config: GenerateConfig, _: Path) -> None:
    """Print the prompt and the generated text, token by token.

    Raises:
        ConfigError: no run is given, or an option is out of range.
        RunError: `run` is no language model.
    """
    if config.run is None:
        raise ConfigError("no value for run: the folder of a trained language model")
    from seq2seq.inference.loading import load_generator  # torch is imported here, after the checks
    from seq2seq.search.sampling import Sampling

    temperature = max(config.temperature, MIN_TEMPERATURE)
    sample = Sampling(temperature, config.top_k, config.top_p, 1, config.seed)
    generator = load_generator(config.run, sample, config.device, config.trusted)
    output = standard_output()
    try:
        print(config.prompt, end="", flush=True, file=output)
        for text in generator.generate(config.prompt, config.length):
            print(text, end="", flush=True, file=output)
    except KeyboardInterrupt:  # the only end of a text with length=0
        pass
    print(file=output)
