"""From the options of `seq2seq.inspect` to pictures, and the numbers beside them."""

import json
import logging
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from seq2seq import hardware
from seq2seq.analysis import cells, gradients, profiling, recall
from seq2seq.analysis.runs import RecordedSide, ResultRows, RunUnderAnalysis, load_run
from seq2seq.config.commands import InspectConfig
from seq2seq.config.ranges import parse_duration
from seq2seq.plots import lines
from seq2seq.plots.save import save_figure
from seq2seq.storage.files import atomic_write

TEXTS = 8  # held-out texts that a gradient is the median of
ROUNDS = 3  # of timing
MIN_LENGTH = 16  # positions that are timed
FRESH, RUN = (f"gradient norm, 1 at k = 0\n{which}" for which in ("fresh cells", "the run"))

log = logging.getLogger("seq2seq.inspect")


class SkippedError(Exception):
    """Why a picture cannot be drawn."""


class PlotRequest(NamedTuple):
    """What is to be drawn, and where."""

    options: InspectConfig
    run: RunUnderAnalysis | None
    device: torch.device
    path: Path  # of the picture


def draw_plots(options: InspectConfig, folder: Path) -> Iterator[str]:
    """Draw the pictures of `options` into `folder`, and tell of each where it is or why not.

    Raises:
        UserError: the run cannot be read, the device is not there, the folder cannot be written.
    """
    device = hardware.choose_device(options.device)
    run = load_run(options, Path(options.run)) if options.run is not None else None
    folder.mkdir(parents=True, exist_ok=True)
    for name in dict.fromkeys(options.pictures):
        path = folder / f"{name}.png"
        try:
            rows = PLOTS[name](PlotRequest(options, run, device, path))
        except SkippedError as reason:
            yield f"{name}: skipped, {reason}"
            continue
        with atomic_write(path.with_suffix(".jsonl")) as file:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        yield f"{name}: {path}"


def plot_gradient(asked: PlotRequest) -> ResultRows:
    """How much of the gradient is left after k steps back, for fresh cells and the run."""
    options = asked.options
    curves: dict[str, dict[str, list[float]]] = {FRESH: {}}
    for name in options.cells:
        cell = cells.fresh_cell(name, options.size, options.size, options.seed)
        curves[FRESH][name] = gradients.fresh_cell_norms(
            cell, options.size, options.length, options.batch, options.seed
        )
    if asked.run and asked.run.samples:
        curves[RUN] = _gradient_of_run(asked.run, options.length)
    elif asked.run:
        log.info("gradient: %s has kept nothing to read, and is left out", asked.run.name)
    rows = []
    panels: dict[str, dict[str, list[lines.Point]]] = {}
    for label, named in curves.items():
        panels[label] = {}
        for name, norms in named.items():
            shares = gradients.relative_norms(norms)
            panels[label][name] = [(float(k), share) for k, share in enumerate(shares) if k]
            rows += [
                {"name": name, "trained": label == RUN, "distance": k, "norm": n, "relative": share}
                for k, (n, share) in enumerate(zip(norms, shares, strict=True))
            ]
    save_figure(lines.plot_lines(panels, "distance k, steps back", (True, True)), asked.path)
    return rows


def _gradient_of_run(run: RunUnderAnalysis, length: int) -> dict[str, list[float]]:
    """By layer, from the longest of the held-out texts."""
    found: dict[str, list[Tensor]] = {}
    for sample in run.samples[-TEXTS:]:
        for side in run.read(sample, length):
            for layer in side.layers:
                norms = gradients.gradient_norms(side.loss, layer.states)[0]
                found.setdefault(f"{side.name}, {layer.name}", []).append(norms)
    return {name: gradients.median_norms(rows) for name, rows in found.items()}


def plot_recall(asked: PlotRequest) -> ResultRows:
    """How often a cell recalls a token after N others."""
    options = asked.options

    def train(name: str, delay: int, more: Callable[[int], bool]) -> recall.RecallResult:
        return recall.train_recall(
            name, options.size, options.batch, delay, options.seed, more, asked.device
        )

    delays = profiling.powers_of_two(1, options.length)
    rows = []
    for turn in recall.compare_recall(options.cells, delays, parse_duration(options.budget), train):
        accuracy, steps = turn.result
        log.info("%s recalls after %d: %.0f%%", turn.cell, turn.delay, 100 * accuracy)
        rows.append(
            {"cell": turn.cell, "delay": turn.delay, "accuracy": accuracy, "steps": steps,
             "seconds": round(turn.seconds, 2), "chance": recall.CHANCE}
        )  # fmt: skip
    curves = {name: _points(rows, name, "delay", "accuracy") for name in options.cells}
    curves["chance"] = [(delay, recall.CHANCE) for delay in delays]
    label = f"accuracy on {recall.TEST_SEQUENCES} new sequences, share"
    figure = lines.plot_lines(
        {label: curves}, "tokens N between being told and asked", (True, False)
    )
    figure.axes[0].lines[-1].set(color="black", linestyle=":", marker="")
    figure.axes[0].set_ylim(0, 1.05)
    figure.axes[0].legend(fontsize="small")
    save_figure(figure, asked.path)
    return rows


def plot_costs(asked: PlotRequest) -> ResultRows:
    """Time and memory of forward and backward against the length of the sequence."""
    options, device = asked.options, asked.device.type
    makes = {
        name: partial(
            profiling.cell_work, name, options.size, options.batch, options.seed, device
        )
        for name in options.cells
    }  # fmt: skip
    lengths = profiling.powers_of_two(MIN_LENGTH, options.length)
    turns = list(profiling.compare_costs(makes, lengths, ROUNDS, device))
    rows: ResultRows = [
        {"cell": name, "length": length, "milliseconds": 1000 * found.seconds,
         "memory_mb": found.memory, "batch": options.batch, "size": options.size}
        for (name, length), found in profiling.median_costs(turns).items()
    ]  # fmt: skip
    panels = {
        label: {name: _points(rows, name, "length", key) for name in options.cells}
        for label, key in (
            ("forward and backward, ms", "milliseconds"), ("memory at the peak, MB", "memory_mb")
        )
    }  # fmt: skip
    save_figure(
        lines.plot_lines(panels, "length of the sequence, positions", (True, True)), asked.path
    )
    return rows


def _points(rows: ResultRows, cell: str, x: str, y: str) -> list[lines.Point]:
    return [(row[x], row[y]) for row in rows if row["cell"] == cell]


def plot_attention_of_run(asked: PlotRequest) -> ResultRows:
    """Where the run looked to say each piece."""
    if asked.run is None:
        raise SkippedError("there is no run")
    if not (rows := asked.run.attend(asked.path)):
        raise SkippedError("this run attends to nothing")
    return rows


def plot_states(asked: PlotRequest) -> ResultRows:
    """How large the states of the run are while it reads a text."""
    if asked.run is None:
        raise SkippedError("there is no run")
    if not asked.run.samples:
        raise SkippedError("this run has kept nothing to read")
    sample = asked.run.samples[3 * len(asked.run.samples) // 4]  # rather a long one
    with torch.inference_mode():
        sides = asked.run.read(sample, lines.MAX_TICKS)
    panels = [
        lines.PieceValues(
            f"what the {side.name} reads", side.pieces, {x.name: x.norms() for x in side.layers}
        )
        for side in sides
    ]
    save_figure(lines.plot_pieces(panels, "norm of the hidden state"), asked.path)
    return [row for side in sides for row in _state_rows(side)]


def _state_rows(side: RecordedSide) -> ResultRows:
    return [
        {"side": side.name, "layer": layer.name, "position": place, "piece": piece, "norm": norm}
        for layer in side.layers
        for place, (piece, norm) in enumerate(zip(side.pieces, layer.norms(), strict=True))
    ]


PLOTS: dict[str, Callable[[PlotRequest], list[dict[str, Any]]]] = {
    "gradient": plot_gradient,
    "recall": plot_recall,
    "costs": plot_costs,
    "attention": plot_attention_of_run,
    "states": plot_states,
}
