"""`python -m seq2seq.train`: train a model on a corpus, into a run folder."""

import logging
import sys
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from functools import partial
from itertools import pairwise
from pathlib import Path

from hydra.core.hydra_config import HydraConfig

from seq2seq.commands import app, compose, launching
from seq2seq.config.literals import quote_value
from seq2seq.config.machine import process_count
from seq2seq.config.training import TrainConfig
from seq2seq.config.validation import to_schema
from seq2seq.errors import UserError

log = logging.getLogger("seq2seq.train")


def main() -> None:
    """Entry point of `seq2seq-train`."""
    keys = [argument.lstrip("+").partition("=")[0] for argument in sys.argv[1:]]
    if process_count() > 1 and "hydra.run.dir" not in keys:
        sys.argv += shared_folder(keys)
    elif "resume" in keys and "hydra.run.dir" not in keys:
        sys.argv += [f"hydra.run.dir={quote_value(str(folder))}" for folder in newest_run()]
    app.run_command("train", TrainConfig, partial(train, existing=run_parents()))


def shared_folder(keys: Collection[str]) -> list[str]:
    """Return the option of the run folder that the first of several processes chooses for all."""
    from seq2seq.training.processes import join_processes  # torch is imported here

    processes = join_processes()
    try:
        if "resume" in keys and (newest := newest_run()):
            folder = str(newest[0])
        else:
            arguments = compose.parse_arguments("train")
            cfg = compose.compose("train", compose.overrides_of(arguments), with_hydra=True)
            folder = str(cfg.hydra.run.dir)
    except Exception:  # a mistake in the options is reported when the command is run
        folder = ""
    chosen = processes.of_first(folder)
    return [f"hydra.run.dir={quote_value(chosen)}"] if chosen else []


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
    if config.train.processes > 1 and process_count() == 1:
        try:
            return train_in_processes(config.train.processes, folder)
        except (UserError, SystemExit):  # the first process has removed the folder if it is empty
            _remove_empty_parents(folder, existing)
            raise
    from seq2seq.run_folder import RunFolder  # torch is imported here, after the checks
    from seq2seq.tasks import fitting
    from seq2seq.training import initial, resume, train_model
    from seq2seq.training.processes import is_connection_lost, join_processes

    processes = join_processes()
    if not processes.is_first:
        log.setLevel(logging.ERROR)  # the first one speaks for all
    config = initial.with_resume_decided(RunFolder(folder), config)
    try:
        if config.fitted and config.resume != "true":
            resume.require_resumable(RunFolder(folder), config)  # before a minute of measuring
            if processes.is_first:
                config, download_seconds = fitting.fit_options(config, log.info)
                started += download_seconds
            config = processes.of_first(config)
        given = HydraConfig.get().overrides.task
        return train_model.train_model(config, folder, given, started, processes)
    except UserError:
        if processes.is_first and not any(folder.iterdir()):
            _remove_empty_folder(folder)
            _remove_empty_parents(folder, existing)
        raise
    except RuntimeError as error:
        if processes.count > 1 and is_connection_lost(error):
            raise SystemExit(launching.LOST) from None  # the one that failed says why
        raise
    finally:
        processes.leave()


def train_in_processes(count: int, folder: Path) -> float | None:
    """Train into `folder` in `count` processes on this machine; return the best validation score.

    Raises:
        RunError: a process has failed.
    """
    given = [f"--config-dir={d}" for d in config_folders(sys.argv[1:])]
    given += [str(word) for word in HydraConfig.get().overrides.task]
    folder_option = f"hydra.run.dir={quote_value(str(folder))}"
    launching.train_together([*given, folder_option], count)
    from seq2seq.run_folder import RunFolder
    from seq2seq.training.metric_logger import best_score, read_metrics

    return best_score(read_metrics(RunFolder(folder).metrics))


def config_folders(words: Sequence[str]) -> list[str]:
    """Return the folders of --config-dir of a command line, as they are typed."""
    flags = ("--config-dir", "-cd")
    typed = [word.partition("=")[2] for word in words if word.startswith("--config-dir=")]
    return typed + [value for flag, value in pairwise(words) if flag in flags]


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
