"""`python -m seq2seq.train`: a corpus in, a run folder out."""

import logging
import sys
from pathlib import Path

from hydra.core.hydra_config import HydraConfig

from seq2seq.commands import app, compose
from seq2seq.config.literals import quote_value
from seq2seq.config.training import TrainConfig
from seq2seq.config.validation import to_schema
from seq2seq.errors import UserError


def main() -> None:
    """Entry point of `seq2seq-train`."""
    given = [argument.lstrip("+").partition("=")[0] for argument in sys.argv[1:]]
    if "resume" in given and "hydra.run.dir" not in given:
        sys.argv += [f"hydra.run.dir={quote_value(str(last))}" for last in newest_run()]
    app.run_command("train", TrainConfig, train)


def newest_run() -> list[Path]:
    """Return the newest folder into which this very command has written a checkpoint.

    The list is empty where there is none, where the command is wrong, or where it does not resume.
    """
    try:
        arguments = compose.parse_arguments("train")
        cfg = compose.compose("train", compose.overrides_of(arguments))
        name = cfg.name if to_schema(cfg, TrainConfig).resume else ""
    except Exception:  # whatever is wrong with them, Hydra will say it when the command is run
        return []
    checkpoints = sorted(Path("runs", name).glob("*/last.safetensors")) if name else []
    return [path.parent for path in checkpoints[-1:]]


def train(config: TrainConfig, folder: Path) -> float | None:
    """Train the model that `config` describes into `folder`; return its best validation score.

    Raises:
        UserError: the folder, the data, an option or the disk does not allow it.
    """
    from seq2seq.training.train_model import train as work  # torch comes in here, after the checks

    try:
        return work(config, folder, HydraConfig.get().overrides.task)
    except UserError:
        if not any(folder.iterdir()):
            _remove_empty_folder(folder)
        raise


def _remove_empty_folder(folder: Path) -> None:
    """Remove an empty run folder, and the log that the next line logged here would open in it."""
    log = logging.getLogger("seq2seq")  # conf/hydra/job_logging has the handlers there
    for handler in [*log.handlers]:
        if isinstance(handler, logging.FileHandler):
            log.removeHandler(handler)
            handler.close()
    folder.rmdir()
