"""`python -m seq2seq.export`: a folder that translates with ONNX Runtime."""

from pathlib import Path

from seq2seq.commands import app
from seq2seq.commands.copied_folder import copied_folder, require_run_and_output
from seq2seq.config.commands import ExportConfig
from seq2seq.storage.regular import escaped


def main() -> None:
    """Entry point of `seq2seq-export`."""
    app.run_command("export", ExportConfig, export)


def export(config: ExportConfig, _: Path) -> None:
    """Write the files that translation and evaluation need to `output`, the network as ONNX graphs.

    The folder appears when it is complete.

    Raises:
        ConfigError: a folder is not given, a package is missing, or a part of the network cannot be
            exported.
        RunError: `run` is no translation run, `output` exists already, or it cannot be written.
    """
    run, output = require_run_and_output(config.run, config.output)
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
            sizes[precision] = sum(map(len, graphs)) / 1e6
    listed = ", ".join(f"{precision} {size:.1f} MB" for precision, size in sizes.items())
    print(f"{escaped(str(output))}: {listed}")
