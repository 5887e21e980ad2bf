"""`python -m seq2seq.quantize`: a copy of a run folder with int8 weights."""

from pathlib import Path

from seq2seq.commands import app
from seq2seq.commands.copied_folder import copied_folder, require_run_and_output
from seq2seq.config.commands import QuantizeConfig
from seq2seq.storage.regular import escaped


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
    run, output = require_run_and_output(config.run, config.output)
    from seq2seq.inference.loading import load_translation  # torch is imported here
    from seq2seq.run_folder import RunFolder

    network = load_translation(run, "cpu", config.trusted)
    with copied_folder(network.folder, output) as folder:
        RunFolder(folder).write_model(network.model, int8=True)
    quantized = RunFolder(output).model
    sizes = [path.stat().st_size / 1e6 for path in (network.folder.model, quantized)]
    print(f"{escaped(str(quantized))}: {sizes[1]:.1f} MB in place of {sizes[0]:.1f}")
