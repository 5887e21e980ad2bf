"""Taking turns: what the benchmarks with rivals share."""

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import torch


class Figures(NamedTuple):
    """What one turn gave."""

    value: float
    peak_mb: float


def machine() -> dict[str, str]:
    """What a figure depends on beside the program."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    ).stdout.strip()
    return {
        "processor": model,
        "cores": str(len(os.sched_getaffinity(0))),
        "threads": str(torch.get_num_threads()),
        "load before": f"{os.getloadavg()[0]:.2f}",
        "torch": torch.__version__,
        "commit": commit,
        "date": time.strftime("%Y-%m-%d"),
    }


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


def show(found: Mapping[str, list[Figures]], unit: str, rival: str, out: Path) -> None:
    """A table with medians, and ratios to `rival` with their range; JSON beside it."""
    about = machine()
    print(", ".join(f"{key} {value}" for key, value in about.items()))
    print(f"\n| | {unit} | to {rival} | range | peak MB |\n|---|---|---|---|---|")
    base = [figures.value for figures in found[rival]]
    for name, all_figures in found.items():
        values = [figures.value for figures in all_figures]
        ratios = [a / b for a, b in zip(values, base, strict=True)]
        peak = statistics.median(figures.peak_mb for figures in all_figures)
        print(
            f"| {name} | {statistics.median(values):,.0f} | {statistics.median(ratios):.2f} "
            f"| {min(ratios):.2f} to {max(ratios):.2f} | {peak:,.0f} |"
        )
    plain = {"machine": about, "unit": unit, "rounds": found}
    out.write_text(json.dumps(plain, indent=1), encoding="utf-8")
