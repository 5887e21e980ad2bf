"""Trackers: loggers of metrics beside metrics.jsonl."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol


class Tracker(Protocol):
    """Interface of all trackers."""

    def log(self, step: int, values: Mapping[str, float]) -> None:
        """Log `values` by name at `step`."""
        ...


class NoTracker:
    """Tracker that logs nothing."""

    def __init__(self, folder: Path) -> None:
        del folder  # unused: all trackers share one signature

    def log(self, step: int, values: Mapping[str, float]) -> None:
        """Do nothing."""


class TensorBoardTracker:
    """Tracker that writes event files into the run folder, for `tensorboard --logdir`."""

    def __init__(self, folder: Path) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            raise ValueError("TensorBoard is needed: pip install 'seq2seq[track]'") from None
        self.writer = SummaryWriter(str(folder / "tensorboard"))

    def log(self, step: int, values: Mapping[str, float]) -> None:
        """Log `values` by name at `step`."""
        for name, value in values.items():
            self.writer.add_scalar(name, value, step)
        self.writer.flush()
