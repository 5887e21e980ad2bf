"""`python -m seq2seq.train`: train a model on a corpus, into a run folder."""

import logging
import os
import sys
import time
from collections.abc import Collection
from contextlib import suppress
from functools import partial
from pathlib import Path

from hydra.core.hydra_config import HydraConfig

from seq2seq.commands import app, compose
from seq2seq.config.literals import quote_value
from seq2seq.config.training import TrainConfig
from seq2seq.config.validation import to_schema
from seq2seq.errors import ConfigError, UserError

log = logging.getLogger("seq2seq.train")


def main() -> None:
    """Entry point of `seq2seq-train`."""
    try:
        require_one_process(os.environ.get("WORLD_SIZE", ""))
    except ConfigError as error:
        raise app.exit_of("train", error) from None
    keys = [argument.lstrip("+").partition("=")[0] for argument in sys.argv[1:]]
    if "resume" in keys and "hydra.run.dir" not in keys:
        sys.argv += [f"hydra.run.dir={quote_value(str(folder))}" for folder in newest_run()]
    app.run_command("train", TrainConfig, partial(train, existing=run_parents()))


def require_one_process(world_size: str) -> None:
    """Refuse to train in several processes: each would train the same model, on its own.

    Args:
        world_size: the number of processes, as torchrun sets WORLD_SIZE; empty without torchrun.

    Raises:
        ConfigError: there are several processes.
    """
    if world_size.isdecimal() and int(world_size) > 1:
        raise ConfigError(
            f"training runs in one process, and WORLD_SIZE is {world_size}: "
            "torchrun must be given --nproc-per-node 1"
        )


def newest_run() -> list[Path]:
    """Return the newest folder into which this very command has written a checkpoint.

    The list is empty if there is none, if the command is wrong, or if it does not resume.
    """
    try:
        arguments = compose.parse_arguments("train")
        cfg = compose.compose("train", compose.overrides_of(arguments))
        name = cfg.name if to_schema(cfg, TrainConfig).resume != "false" else ""
    except Exception:  # a mistake in the options is reported when the command is run
        return []
    checkpoints = sorted(Path("runs", name).glob("*/last.safetensors")) if name else []
    return [path.parent for path in checkpoints[-1:]]


def run_parents() -> set[Path]:
    """Return the folders of the default run folders, runs and runs/NAME, that exist."""
    runs = Path("runs").absolute()
    return {folder for folder in (runs, *runs.glob("*")) if folder.is_dir()}


def train(config: TrainConfig, folder: Path, existing: Collection[Path] = ()) -> float | None:
    """Train the model that `config` describes into `folder`; return its best validation score.

    Args:
        config: the options.
        folder: the run folder, which Hydra has created. After a mistake it is removed if it is
            empty, and so are runs/NAME and runs.
        existing: the folders among runs/NAME and runs that existed before; they are kept.

    Raises:
        UserError: the folder, the data, an option or the disk does not allow it.
    """
    started = time.monotonic()
    from seq2seq.run_folder import RunFolder  # torch is imported here, after the checks
    from seq2seq.tasks import fitting
    from seq2seq.training import initial, resume, train_model

    config = initial.with_resume_decided(RunFolder(folder), config)
    try:
        if config.fitted and config.resume != "true":
            resume.require_resumable(RunFolder(folder), config)  # before a minute of measuring
            config, download_seconds = fitting.fit_options(config, log.info)
            started += download_seconds
        return train_model.train_model(config, folder, HydraConfig.get().overrides.task, started)
    except UserError:
        if not any(folder.iterdir()):
            _remove_empty_folder(folder)
            _remove_empty_parents(folder, existing)
        raise


def _remove_empty_folder(folder: Path) -> None:
    """Remove an empty run folder, and the log handlers that would create a file in it again."""
    log = logging.getLogger("seq2seq")  # conf/hydra/job_logging has the handlers there
    for handler in [*log.handlers]:
        if isinstance(handler, logging.FileHandler):
            log.removeHandler(handler)
            handler.close()
    folder.rmdir()


def _remove_empty_parents(folder: Path, existing: Collection[Path]) -> None:
    """Remove runs/NAME and runs if they are empty and did not exist before."""
    runs = Path("runs").absolute()
    for parent in folder.absolute().parents:
        if parent in existing or not parent.is_relative_to(runs):
            return
        with suppress(OSError):  # it holds something
            parent.rmdir()
