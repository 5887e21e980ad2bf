"""Comparison of systems that take turns, with the memory of their processes."""

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
    """The measurement of one turn."""

    value: float
    peak_mb: float


def can_use_bf16() -> bool:
    """Return whether this machine has a GPU or CPU instructions for bf16."""
    return torch.cuda.is_available() or has_fast_bf16()


def run_measured(
    command: Sequence[str | Path], seconds: float, log: Path, extra: Mapping[str, str]
) -> float:
    """Run a command, and return the peak of its resident memory in MB.

    Args:
        command: the program and its arguments.
        seconds: until the process is terminated.
        log: the file for its output.
        extra: environment variables beside those of this process.
    """
    environment = os.environ | {"HF_HUB_OFFLINE": "1"} | dict(extra)
    peak, start = 0.0, time.monotonic()
    with log.open("w", encoding="utf-8") as out:
        process = subprocess.Popen(
            [str(part) for part in command], stdout=out, stderr=subprocess.STDOUT, env=environment
        )
        while process.poll() is None and time.monotonic() - start < seconds:
            time.sleep(0.5)
            peak = max(peak, peak_memory_of(process.pid))
        if process.poll() is None:
            process.terminate()
        process.wait()
    return peak


def peak_memory_of(pid: int) -> float:
    """Return the peak resident memory of a process in MB; 0 when it has ended, or without /proc."""
    try:
        text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return 0.0
    return next((int(x.split()[1]) / 1024 for x in text.splitlines() if x[:6] == "VmHWM:"), 0.0)


def take_turns(
    systems: Mapping[str, Callable[[], Figures]], rounds: int
) -> dict[str, list[Figures]]:
    """Measure each system in turn, `rounds` times, so that other load affects all alike."""
    measured: dict[str, list[Figures]] = {name: [] for name in systems}
    for number in range(rounds):
        for name, run in systems.items():
            measured[name].append(run())
            value, peak = measured[name][-1]
            print(f"round {number + 1}  {name:<28}{value:10,.0f}{peak:10,.0f} MB", file=sys.stderr)
    return measured


def show(measured: Mapping[str, list[Figures]], unit: str, baseline: str, name: str) -> None:
    """Print medians, and ratios to `baseline` with their range; save JSON and a plot."""
    base = [figures.value for figures in measured[baseline]]
    rows = []
    for system, all_figures in measured.items():
        values = [figures.value for figures in all_figures]
        ratios = [a / b for a, b in zip(values, base, strict=True)]
        rows.append(
            (
                system,
                f"{statistics.median(values):,.0f}",
                f"{statistics.median(ratios):.2f}",
                f"{min(ratios):.2f} to {max(ratios):.2f}",
                f"{statistics.median(figures.peak_mb for figures in all_figures):,.0f}",
            )
        )
    results.table(("", unit, f"to {baseline}", "range", "peak MB"), rows)
    figure = results.bars({n: [f.value for f in each] for n, each in measured.items()}, unit)
    results.save(name, {"unit": unit, "rounds": measured}, figure)
