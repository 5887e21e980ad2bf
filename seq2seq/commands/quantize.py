"""`python -m seq2seq.quantize`: a run folder to one with weights of eight bits."""

import shutil
from pathlib import Path

from seq2seq.commands import app
from seq2seq.config.commands import QuantizeConfig
from seq2seq.errors import ConfigError, RunError

COPIED_FILES = (
    "config.yaml",
    "run.json",
    "test.jsonl",
    "tokenizer.model",
    "source.model",
    "target.model",
)


def main() -> None:
    """Entry point of `seq2seq-quantize`."""
    app.run_command("quantize", QuantizeConfig, quantize)


def quantize(config: QuantizeConfig, _: Path) -> None:
    """Write into `output` all that translating and evaluating need, the weights in int8.

    Raises:
        ConfigError: a folder is not given.
        RunError: `run` is no translation run, or there is something at `output` already.
    """
    if config.run is None or config.output is None:
        missing = "run" if config.run is None else "output"
        raise ConfigError(f"no value for {missing}: both run=RUN and output=FOLDER are needed")
    from seq2seq import builders  # torch comes in here, after the checks
    from seq2seq.run_folder import RunFolder, vocab_sizes

    before, after = RunFolder(Path(config.run)), RunFolder(Path(config.output))
    if after.folder.exists():
        raise RunError(f"{after.folder} exists already: another output leaves it alone")
    options = before.read_config(config.trusted, "translation.TranslationTask")
    tokenizers = before.read_tokenizers()
    model = builders.build_translation(
        options.model, vocab_sizes(*tokenizers), options.document_context
    )
    before.read_weights(model)
    after.folder.mkdir(parents=True)
    for name in COPIED_FILES:
        if (before.folder / name).is_file():
            shutil.copyfile(before.folder / name, after.folder / name)
    after.write_model(model, int8=True)
    sizes = [run.model.stat().st_size for run in (before, after)]
    print(f"{after.model}: {sizes[1] / 1e6:.1f} MB in place of {sizes[0] / 1e6:.1f}")
