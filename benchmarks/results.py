"""Print a benchmark's table; save JSON with the machine that it ran on, and a plot."""

import json
import os
import platform
import subprocess
import sys
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


def show_help(arguments: Sequence[str], text: str | None) -> None:
    """Print `text`, the docstring of a benchmark, and exit, if --help is among the arguments."""
    if {"-h", "--help"} & set(arguments):
        print((text or "").strip())
        sys.exit(0)


def cpu_count() -> int:
    """Return the number of CPU cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1  # on macOS and Windows, which have no such function


def load_average() -> str:
    """Return the load of the machine in the last minute; empty on Windows, which has none."""
    return f"{os.getloadavg()[0]:.2f}" if hasattr(os, "getloadavg") else ""


def machine() -> dict[str, str]:
    """Return what a measurement depends on beside its arguments: processor, torch, commit."""
    cpu = Path("/proc/cpuinfo")
    lines = cpu.read_text(encoding="utf-8").splitlines() if cpu.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    ).stdout.strip()
    return {
        "processor": next(names, platform.processor()),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "cores": str(cpu_count()),
        "threads": str(torch.get_num_threads()),
        "load before": load_average(),
        "torch": torch.__version__,
        "commit": commit,
        "date": time.strftime("%Y-%m-%d"),
    }


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table in Markdown."""
    print(f"\n| {' | '.join(columns)} |\n|{'---|' * len(columns)}")
    for row in rows:
        print(f"| {' | '.join(str(cell) for cell in row)} |")
    print(flush=True)


def file_stem(name: str) -> str:
    """Return the name of a condition as that of its files."""
    return name.replace(", ", "-").replace(" ", "-")


def write_result(
    file: Path,
    about: tuple[str, str],
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    measured: Mapping[str, str] | None = None,
    cores: str = "one core",
) -> None:
    """Write a result that documents show: a file of `benchmarks/results`.

    Args:
        file: to be written.
        about: its title, and the command that prints it.
        columns: their names.
        rows: of the table.
        measured: what `machine` returned when it was measured; None: now.
        cores: that it was measured on.
    """
    facts = measured or machine()
    made = {
        "title": about[0],
        "command": about[1],
        "machine": f"{facts['processor']}, {cores}",
        "commit": facts["commit"],
        "date": facts["date"],
        "columns": columns,
        "rows": rows,
    }
    file.write_text(json.dumps(made, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def save(name: str, data: Any, figure: Figure) -> None:
    """Write NAME.json, `data` with the machine, and NAME.png, `figure`."""
    FOLDER.mkdir(exist_ok=True)
    document = {"machine": machine(), **data}
    (FOLDER / f"{name}.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    FigureCanvasAgg(figure).print_png(str(FOLDER / f"{name}.png"))
    print(", ".join(f"{key} {value}" for key, value in document["machine"].items()))


def bars(values: Mapping[str, Sequence[float]], unit: str) -> Figure:
    """Plot a bar for the median of each list, with its range."""
    figure = Figure(figsize=(7, 0.5 * len(values) + 1.2), layout="constrained")
    axis = figure.subplots()
    for index, (name, measured) in enumerate(values.items()):
        median = sorted(measured)[len(measured) // 2]
        error = [[median - min(measured)], [max(measured) - median]]
        is_ours = name.startswith("ours")
        axis.barh(index, median, xerr=error, capsize=3, color="C0" if is_ours else "C7")
    axis.set_yticks(range(len(values)), list(values))
    axis.invert_yaxis()
    axis.set_xlabel(unit)
    axis.grid(axis="x", alpha=0.3)
    return figure
