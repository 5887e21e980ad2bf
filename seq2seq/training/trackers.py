"""Where metrics go beside metrics.jsonl."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from seq2seq.errors import ConfigError


class Tracker(Protocol):
    """A place for numbers over steps."""

    def log(self, step: int, values: Mapping[str, float]) -> None:
        """Record `values` by name at `step`."""
        ...


class NoTracker:
    """No other place."""

    def __init__(self, folder: Path) -> None:
        del folder  # the same call as every tracker

    def log(self, step: int, values: Mapping[str, float]) -> None:
        """Nothing to do."""


class TensorBoardTracker:
    """Event files in the run folder, for `tensorboard --logdir`."""

    def __init__(self, folder: Path) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            raise ConfigError(
                "tracker=tensorboard needs TensorBoard: pip install 'seq2seq[track]'"
            ) from None
        self.writer = SummaryWriter(str(folder / "tensorboard"))

    def log(self, step: int, values: Mapping[str, float]) -> None:
        """Record `values` by name at `step`."""
        for name, value in values.items():
            self.writer.add_scalar(name, value, step)
        self.writer.flush()
