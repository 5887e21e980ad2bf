"""What training says while it runs: a live line, messages, and metrics.jsonl."""

import json
import logging
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seq2seq.storage.files import atomic_write
from seq2seq.training.trackers import Tracker

log = logging.getLogger("seq2seq.train")


class MetricLogger:
    """Tells people on the terminal and in the log, and programs in metrics.jsonl."""

    def __init__(self, metrics: Path, track: Tracker, since: int) -> None:
        """Write below `metrics` what comes after the step `since`; later lines are dropped."""
        self.metrics, self.track = metrics, track
        self.live = sys.stderr.isatty()
        kept = [e for e in read_metrics(metrics) if e["step"] <= since] if metrics.exists() else []
        with atomic_write(metrics) as file:
            file.writelines(json.dumps(entry) + "\n" for entry in kept)

    def message(self, message: str) -> None:
        """One message, on its own line."""
        self.clear()
        log.info(message)

    def live_line(self, message: str, worth: bool) -> None:
        """The live line; where there is no terminal, a line of its own if it is `worth` one."""
        if self.live:
            width = shutil.get_terminal_size().columns - 1
            print(f"\r\x1b[2K{message[:width]}", end="", file=sys.stderr, flush=True)
        elif worth:
            log.info(message)

    def clear(self) -> None:
        """Make room for something else on the terminal."""
        if self.live:
            print("\r\x1b[2K", end="", file=sys.stderr, flush=True)

    def log_metrics(self, kind: str, step: int, values: Mapping[str, Any]) -> None:
        """Add an entry to metrics.jsonl, and its numbers to the tracker."""
        with self.metrics.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"kind": kind, "step": step, **values}) + "\n")
        numbers = {k: float(v) for k, v in values.items() if isinstance(v, int | float)}
        self.track.log(step, {f"{kind}/{name}": value for name, value in numbers.items()})


def read_metrics(metrics: Path) -> list[dict[str, Any]]:
    """Return the entries of a metrics.jsonl, without a last line that was cut off by a kill.

    What runs of earlier versions call `rate` is the learning rate.
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


def format_duration(seconds: float) -> str:
    """Seconds as 1:02:03 or 02:03."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes:02}:{rest:02}"
