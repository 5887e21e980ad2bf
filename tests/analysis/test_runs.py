"""Runs of every kind of task can be analysed."""

from seq2seq.analysis import runs
from seq2seq.config.allowed_classes import shipped_targets


def test_every_shipped_task_can_be_inspected() -> None:
    assert set(runs.ANALYSES) == set(shipped_targets("task").values())
