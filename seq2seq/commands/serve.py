"""`python -m seq2seq.serve`: a server of translations."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

from seq2seq.commands import app
from seq2seq.config.lists import as_list
from seq2seq.config.serving import ServeConfig
from seq2seq.errors import ConfigError, RunError
from seq2seq.storage.run_files import CONFIG
from seq2seq.storage.visible import visible

# Modules of the extra `serve`.
MODULES = (
    "starlette", "uvicorn", "httptools", "python_multipart", "prometheus_client", "py3langid",
)  # fmt: skip


def main() -> None:
    """Entry point of `seq2seq-serve`."""
    app.run_command("serve", ServeConfig, serve)


def serve(config: ServeConfig, _: Path) -> None:
    """Serve translations until a signal.

    Raises:
        ConfigError: no run is given, a package is missing, or an option cannot work.
        RunError: a folder is no run.
        TextError: a file of keys or terms cannot be read.
    """
    if config.run is None:
        raise ConfigError("no value for run: the folder of a trained model, run=runs/NAME/TIME")
    if missing := [module for module in MODULES if find_spec(module) is None]:
        raise ConfigError(f"serve needs {', '.join(missing)}: pip install 'seq2seq[serve]'")
    folders = as_list(config.run)
    for folder in folders if config.detector is None else [*folders, config.detector]:
        if not os.path.lexists(Path(folder, CONFIG)):  # torch is not imported for this
            raise RunError(f"{folder} is no run folder: it has no {CONFIG}")
    from seq2seq.server.running import run_server

    def announce(address: str) -> None:
        print(visible(f"serving at {address}"), file=sys.stderr, flush=True)

    run_server(config, announce)
