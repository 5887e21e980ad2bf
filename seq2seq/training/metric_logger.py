"""Log of training: a live line and messages on the terminal, and the file metrics.jsonl."""

import json
import logging
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from seq2seq.plots.curves import LOWER_IS_BETTER
from seq2seq.storage.files import atomic_write
from seq2seq.training.trackers import Tracker

log = logging.getLogger("seq2seq.train")


class MetricLogger:
    """Logger of messages for people, and of metrics for programs."""

    def __init__(self, metrics: Path | None, tracker: Tracker, last_step: int) -> None:
        """Continue a log after a step.

        Args:
            metrics: the file metrics.jsonl, whose entries of later steps are removed; None: nothing
                is written, since another process writes.
            tracker: tracker of the metrics, beside the file.
            last_step: step of the checkpoint; 0: a new run.
        """
        self.metrics, self.tracker = metrics, tracker
        self.is_terminal = metrics is not None and sys.stderr.isatty()
        if metrics is None:
            return
        entries = read_metrics(metrics) if metrics.exists() else []
        with atomic_write(metrics) as file:
            file.writelines(json.dumps(e) + "\n" for e in entries if e["step"] <= last_step)

    def message(self, message: str) -> None:
        """Log a message on its own line."""
        self.clear()
        log.info(message)

    def progress_line(self, message: str, is_due: bool) -> None:
        """Replace the live line; without a terminal, log a message if it `is_due`."""
        if self.is_terminal:
            width = shutil.get_terminal_size().columns - 1
            print(f"\r\x1b[2K{message[:width]}", end="", file=sys.stderr, flush=True)
        elif is_due:
            log.info(message)

    def clear(self) -> None:
        """Erase the live line."""
        if self.is_terminal:
            print("\r\x1b[2K", end="", file=sys.stderr, flush=True)

    def log_metrics(self, kind: str, step: int, values: Mapping[str, Any]) -> None:
        """Append an entry to metrics.jsonl, and log its numbers to the tracker."""
        if self.metrics is None:
            return
        with self.metrics.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"kind": kind, "step": step, **values}) + "\n")
        numbers = {k: float(v) for k, v in values.items() if isinstance(v, int | float)}
        self.tracker.log(step, {f"{kind}/{name}": value for name, value in numbers.items()})


def read_metrics(metrics: Path) -> list[dict[str, Any]]:
    """Return the entries of a metrics.jsonl, without an incomplete last line of a killed process.

    Runs of earlier versions call the learning rate `rate`.
    """
    entries = []
    for line in metrics.read_text(encoding="utf-8").splitlines():
        try:
            entry = json.loads(line)
            if "rate" in entry:
                entry["learning_rate"] = entry.pop("rate")
            entries.append(entry)
        except ValueError:
            break
    return entries


def score_name(metrics: Sequence[Mapping[str, Any]]) -> str:
    """Return the name of the validation score: the first value of a validation."""
    validation = next((e for e in metrics if e["kind"] == "validation"), {"bleu": 0})
    return next(name for name in validation if name not in ("kind", "step"))


def validation_points(metrics: Sequence[Mapping[str, Any]]) -> list[tuple[int, float]]:
    """Return steps and values of the validation score."""
    name = score_name(metrics)
    return [(e["step"], e[name]) for e in metrics if e["kind"] == "validation" and name in e]


def best_score(metrics: Sequence[Mapping[str, Any]]) -> float | None:
    """Return the best validation score with the sign by which the larger is better, if any."""
    sign = -1 if score_name(metrics) in LOWER_IS_BETTER else 1
    return max((sign * value for _, value in validation_points(metrics)), default=None)


def format_duration(seconds: float) -> str:
    """Return seconds as 1:02:03 or 02:03."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes:02}:{rest:02}"
