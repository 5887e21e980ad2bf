"""Print a benchmark's table; save JSON with the machine that it ran on, and a plot."""

import json
import os
import platform
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from seq2seq.plots.lines import Point as Point
from seq2seq.plots.lines import plot_lines as plot_lines

FOLDER = Path(__file__).resolve().parent / "output"  # results/ holds what documents quote


def machine() -> dict[str, str]:
    """Return the facts that a figure depends on beside the program: processor, torch, commit."""
    cpu = Path("/proc/cpuinfo")
    lines = cpu.read_text(encoding="utf-8").splitlines() if cpu.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    ).stdout.strip()
    return {
        "processor": next(names, platform.processor()),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "cores": str(len(os.sched_getaffinity(0))),
        "threads": str(torch.get_num_threads()),
        "load before": f"{os.getloadavg()[0]:.2f}",
        "torch": torch.__version__,
        "commit": commit,
        "date": time.strftime("%Y-%m-%d"),
    }


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows in Markdown."""
    print(f"\n| {' | '.join(columns)} |\n|{'---|' * len(columns)}")
    for row in rows:
        print(f"| {' | '.join(str(cell) for cell in row)} |")
    print(flush=True)


def save(name: str, figures: Any, picture: Figure) -> None:
    """Write NAME.json, with the machine, and NAME.png."""
    FOLDER.mkdir(exist_ok=True)
    plain = {"machine": machine(), **figures}
    (FOLDER / f"{name}.json").write_text(json.dumps(plain, indent=1) + "\n", encoding="utf-8")
    FigureCanvasAgg(picture).print_png(str(FOLDER / f"{name}.png"))
    print(", ".join(f"{key} {value}" for key, value in plain["machine"].items()))


def bars(values: Mapping[str, Sequence[float]], unit: str) -> Figure:
    """Plot a bar for the median of each, with its range."""
    figure = Figure(figsize=(7, 0.5 * len(values) + 1.2), layout="constrained")
    axis = figure.subplots()
    for index, (name, found) in enumerate(values.items()):
        median = sorted(found)[len(found) // 2]
        error = [[median - min(found)], [max(found) - median]]
        ours = name.startswith("ours")
        axis.barh(index, median, xerr=error, capsize=3, color="C0" if ours else "C7")
    axis.set_yticks(range(len(values)), list(values))
    axis.invert_yaxis()
    axis.set_xlabel(unit)
    axis.grid(axis="x", alpha=0.3)
    return figure
