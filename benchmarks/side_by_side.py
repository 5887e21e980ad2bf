"""Taking turns: what the benchmarks with rivals share."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import torch

from benchmarks import results
from seq2seq.hardware import has_fast_bf16


class Figures(NamedTuple):
    """What one turn gave."""

    value: float
    peak_mb: float


def quick_in_bf16() -> bool:
    """Whether this machine has instructions for bf16."""
    return torch.cuda.is_available() or has_fast_bf16()


def watched(
    command: Sequence[str | Path], seconds: float, log: Path, extra: Mapping[str, str]
) -> float:
    """Run `command` until it ends or `seconds` are over; the peak of its memory, in MB.

    What it says goes to the file `log`.
    """
    environment = os.environ | {"HF_HUB_OFFLINE": "1"} | dict(extra)
    peak, began = 0.0, time.monotonic()
    with log.open("w", encoding="utf-8") as out:
        process = subprocess.Popen(
            [str(part) for part in command], stdout=out, stderr=subprocess.STDOUT, env=environment
        )
        while process.poll() is None and time.monotonic() - began < seconds:
            time.sleep(0.5)
            peak = max(peak, resident(process.pid))
        if process.poll() is None:
            process.terminate()
        process.wait()
    return peak


def resident(pid: int) -> float:
    """The most memory that a process has had, in MB; 0 when it is gone."""
    try:
        text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return 0.0
    return next((int(x.split()[1]) / 1024 for x in text.splitlines() if x[:6] == "VmHWM:"), 0.0)


def turns(
    contestants: Mapping[str, Callable[[], Figures]], rounds: int
) -> dict[str, list[Figures]]:
    """Each contestant in turn, `rounds` times, so that a busy minute hits all alike."""
    found: dict[str, list[Figures]] = {name: [] for name in contestants}
    for number in range(rounds):
        for name, run in contestants.items():
            found[name].append(run())
            value, peak = found[name][-1]
            print(f"round {number + 1}  {name:<28}{value:10,.0f}{peak:10,.0f} MB", file=sys.stderr)
    return found


def show(found: Mapping[str, list[Figures]], unit: str, rival: str, name: str) -> None:
    """A table with medians, and ratios to `rival` with their range; JSON and a picture."""
    base = [figures.value for figures in found[rival]]
    rows = []
    for contestant, all_figures in found.items():
        values = [figures.value for figures in all_figures]
        ratios = [a / b for a, b in zip(values, base, strict=True)]
        rows.append(
            (
                contestant,
                f"{statistics.median(values):,.0f}",
                f"{statistics.median(ratios):.2f}",
                f"{min(ratios):.2f} to {max(ratios):.2f}",
                f"{statistics.median(figures.peak_mb for figures in all_figures):,.0f}",
            )
        )
    results.table(("", unit, f"to {rival}", "range", "peak MB"), rows)
    picture = results.bars({n: [f.value for f in each] for n, each in found.items()}, unit)
    results.save(name, {"unit": unit, "rounds": found}, picture)
