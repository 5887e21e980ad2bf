"""Training that is asked to stop at a certain step, as by Ctrl-C or a scheduler."""

import logging
import signal
from pathlib import Path

import pytest

from seq2seq.commands import compose
from seq2seq.config.training import TrainConfig
from seq2seq.config.validation import to_schema
from seq2seq.training import train_model

log = logging.getLogger("seq2seq.train")


class _Ask(logging.Handler):
    """Asks this process to stop when a step is told of."""

    def __init__(self, step: int) -> None:
        super().__init__()
        self.mark = f"  step {step}  "

    def emit(self, record: logging.LogRecord) -> None:
        if self.mark in record.getMessage():
            signal.raise_signal(signal.SIGTERM)


def train_until(step: int, folder: Path, *overrides: str) -> None:
    """Train into `folder` with the options of `overrides` until the line of `step` is told."""
    config = to_schema(compose.compose("train", [*overrides, "train.log_interval=1"]), TrainConfig)
    handler, level = _Ask(step), log.level
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        with pytest.raises(SystemExit) as stop:
            train_model.train_model(config, folder)
    finally:
        log.removeHandler(handler)
        log.setLevel(level)
    assert stop.value.code == 128 + signal.SIGTERM
