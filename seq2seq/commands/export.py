"""`python -m seq2seq.export`: a folder that translates with ONNX Runtime, or in a browser."""

from collections.abc import Mapping
from pathlib import Path

from seq2seq.commands import app
from seq2seq.commands.copied_folder import copied_folder, new_folder, require_run_and_output
from seq2seq.config.exporting import ExportConfig
from seq2seq.errors import ConfigError
from seq2seq.storage.regular import escaped


def main() -> None:
    """Entry point of `seq2seq-export`."""
    app.run_command("export", ExportConfig, export)


def export(config: ExportConfig, _: Path) -> None:
    """Write the network of a run as ONNX graphs to `output`, with all that translation needs.

    The folder appears when it is complete.

    Raises:
        ConfigError: a folder is not given, a package is missing, or a part of the network cannot be
            exported.
        RunError: `run` is no translation run, `output` exists already, or it cannot be written.
        TextError: the file of ONNX Runtime Web cannot be read.
    """
    run, output = require_run_and_output(config.run, config.output)
    if config.format == "web":
        sizes = _export_web(config, run, output)
    elif config.runtime is not None:
        raise ConfigError("runtime is a file for format=web")
    else:
        sizes = _export_onnx(config, run, output)
    listed = ", ".join(f"{precision} {size / 1e6:.1f} MB" for precision, size in sizes.items())
    print(f"{escaped(str(output))}: {listed}")


def _export_onnx(config: ExportConfig, run: Path, output: Path) -> Mapping[str, int]:
    """Write a folder that `translate` takes as a run, and return the bytes of each precision."""
    from seq2seq.inference.loading import load_translation  # torch is imported here
    from seq2seq.inference.onnx.folder import write_graphs
    from seq2seq.inference.onnx.packages import require_packages

    require_packages()
    from seq2seq.inference.onnx.export import export_graphs

    network = load_translation(run, "cpu", config.trusted)
    sizes = {}
    with copied_folder(network.folder, output) as folder:
        for precision in config.precisions:
            graphs = export_graphs(network.model, precision)
            write_graphs(folder, precision, graphs)
            sizes[precision] = sum(map(len, graphs))
    return sizes


def _export_web(config: ExportConfig, run: Path, output: Path) -> Mapping[str, int]:
    """Write the folder of a page, and return the bytes of each precision."""
    from seq2seq.inference.loading import load_translation
    from seq2seq.inference.onnx.packages import require_packages

    require_packages()
    from seq2seq.web.runtime import read_runtime
    from seq2seq.web.site import write_site

    network = load_translation(run, "cpu", config.trusted)
    runtime = read_runtime(config.runtime)
    with new_folder(output) as folder:
        return write_site(folder, network, config.precisions, runtime)
