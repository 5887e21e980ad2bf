"""`python -m seq2seq.inspect`: plots of the states and gradients of recurrent networks."""

from pathlib import Path

from seq2seq.commands import app
from seq2seq.config.commands import InspectConfig
from seq2seq.errors import ConfigError
from seq2seq.storage.visible import visible


def main() -> None:
    """Entry point of `seq2seq-inspect`."""
    app.run_command("inspect", InspectConfig, inspect)


def inspect(config: InspectConfig, _: Path) -> None:
    """Draw the plots, and print the name of each file, or the reason why there is none.

    Raises:
        ConfigError: there is neither a run nor a folder for the plots.
        UserError: the run cannot be read, or the folder not written.
    """
    if config.run is None and config.output is None:
        raise ConfigError("no value for output: without run=RUN, a folder for the pictures")
    from seq2seq.analysis import report  # torch is imported here, after the checks

    folder = Path(config.output) if config.output else Path(str(config.run)) / "inspect"
    for line in report.draw_plots(config, folder):
        print(visible(line), flush=True)
