"""`python -m seq2seq.quantize`: a copy of a run folder with int8 weights."""

import os
import shutil
from pathlib import Path

from seq2seq.commands import app
from seq2seq.config.commands import QuantizeConfig
from seq2seq.errors import ConfigError, RunError
from seq2seq.storage.regular import escaped
from seq2seq.storage.run_files import COPIED_FILES
from seq2seq.storage.temporary import remove_abandoned, temporary_name


def main() -> None:
    """Entry point of `seq2seq-quantize`."""
    app.run_command("quantize", QuantizeConfig, quantize)


def quantize(config: QuantizeConfig, _: Path) -> None:
    """Write the files that translation and evaluation need to `output`, the weights in int8.

    The folder appears when it is complete.

    Raises:
        ConfigError: a folder is not given.
        RunError: `run` is no translation run, `output` exists already, or it cannot be written.
    """
    if not config.run or not config.output:
        missing = "output" if config.run else "run"
        raise ConfigError(f"no value for {missing}: both run=RUN and output=FOLDER are needed")
    output = require_new_folder(config.output)
    from seq2seq import builders  # torch is imported here, after the checks
    from seq2seq.run_folder import RunFolder, vocab_sizes

    run = RunFolder(Path(config.run))
    options = run.read_config(config.trusted, "translation")
    tokenizers = run.read_tokenizers()
    model = builders.build_translation(
        options.model, vocab_sizes(*tokenizers), options.document_context
    )
    run.read_weights(model)
    remove_abandoned(output)
    temporary = temporary_name(output)
    try:
        temporary.mkdir(parents=True)
        for name in COPIED_FILES:
            if os.path.lexists(run.folder / name):
                shutil.copyfile(run.file(run.folder / name), temporary / name)
        RunFolder(temporary).write_model(model, int8=True)
        temporary.rename(output)
    except OSError as error:
        raise RunError(f"{output} cannot be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    quantized = RunFolder(output).model
    sizes = [path.stat().st_size / 1e6 for path in (run.model, quantized)]
    print(f"{escaped(str(quantized))}: {sizes[1]:.1f} MB in place of {sizes[0]:.1f}")


def require_new_folder(name: str) -> Path:
    """Return `name` as a path at which nothing exists yet.

    Raises:
        RunError: something exists there already, or no folder can have such a name.
    """
    path = Path(name)
    try:
        os.lstat(path)
    except FileNotFoundError:
        return path
    except (OSError, ValueError) as error:  # ValueError: a NUL in it
        reason = (isinstance(error, OSError) and error.strerror) or error
        raise RunError(f"output={name} cannot be written: {reason}") from None
    raise RunError(f"{name} exists already: choose another output")
