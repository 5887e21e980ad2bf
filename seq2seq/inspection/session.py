"""From the options of `seq2seq.inspect` to pictures, and the numbers beside them."""

import json
import logging
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from seq2seq import build
from seq2seq.config.commands import InspectConfig
from seq2seq.config.ranges import parse_duration
from seq2seq.figures import save
from seq2seq.inspection import costs, drawing, fresh, gradients, recall
from seq2seq.inspection.subjects import Rows, Side, Subject, subject
from seq2seq.text.lines import written

TEXTS = 8  # held-out texts that a gradient is the median of
ROUNDS = 3  # of timing
SHORTEST = 16  # positions that are timed
FRESH, RUN = (f"gradient norm, 1 at k = 0\n{which}" for which in ("fresh cells", "the run"))

log = logging.getLogger("seq2seq.inspect")


class SkippedError(Exception):
    """Why a picture cannot be drawn."""


class Request(NamedTuple):
    """What is to be drawn, and where."""

    options: InspectConfig
    run: Subject | None
    device: torch.device
    path: Path  # of the picture


def draw(options: InspectConfig, folder: Path) -> Iterator[str]:
    """Draw the pictures of `options` into `folder`, and tell of each where it is or why not.

    Raises:
        UserError: the run cannot be read, the device is not there, the folder cannot be written.
    """
    device = build.device(options.device)
    run = subject(options, Path(options.run)) if options.run is not None else None
    folder.mkdir(parents=True, exist_ok=True)
    for name in dict.fromkeys(options.pictures):
        path = folder / f"{name}.png"
        try:
            rows = DRAWN[name](Request(options, run, device, path))
        except SkippedError as reason:
            yield f"{name}: skipped, {reason}"
            continue
        with written(path.with_suffix(".jsonl")) as file:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        yield f"{name}: {path}"


def gradient(asked: Request) -> Rows:
    """How much of the gradient is left after k steps back, for fresh cells and the run."""
    options = asked.options
    curves: dict[str, dict[str, list[float]]] = {FRESH: {}}
    for name in options.cells:
        cell = fresh.cell(name, options.size, options.size, options.seed)
        curves[FRESH][name] = gradients.fresh(
            cell, options.size, options.length, options.batch, options.seed
        )
    if asked.run and asked.run.samples:
        curves[RUN] = _trained(asked.run, options.length)
    elif asked.run:
        log.info("gradient: %s has kept nothing to read, and is left out", asked.run.name)
    rows = []
    panels: dict[str, dict[str, list[drawing.Point]]] = {}
    for label, named in curves.items():
        panels[label] = {}
        for name, norms in named.items():
            shares = gradients.relative(norms)
            panels[label][name] = [(float(k), share) for k, share in enumerate(shares) if k]
            rows += [
                {"name": name, "trained": label == RUN, "distance": k, "norm": n, "relative": share}
                for k, (n, share) in enumerate(zip(norms, shares, strict=True))
            ]
    save(drawing.lines(panels, "distance k, steps back", (True, True)), asked.path)
    return rows


def _trained(run: Subject, length: int) -> dict[str, list[float]]:
    """By layer, from the longest of the held-out texts."""
    found: dict[str, list[Tensor]] = {}
    for sample in run.samples[-TEXTS:]:
        for side in run.read(sample, length):
            for layer in side.layers:
                norms = gradients.norms(side.loss, layer.states)[0]
                found.setdefault(f"{side.name}, {layer.name}", []).append(norms)
    return {name: gradients.medians(rows) for name, rows in found.items()}


def recalled(asked: Request) -> Rows:
    """How often a cell recalls a token after N others."""
    options = asked.options

    def train(name: str, delay: int, more: Callable[[int], bool]) -> recall.Recalled:
        return recall.learn(
            name, options.size, options.batch, delay, options.seed, more, asked.device
        )

    delays = costs.powers(1, options.length)
    rows = []
    for turn in recall.compare(options.cells, delays, parse_duration(options.budget), train):
        accuracy, steps = turn.recalled
        log.info("%s recalls after %d: %.0f%%", turn.cell, turn.delay, 100 * accuracy)
        rows.append(
            {"cell": turn.cell, "delay": turn.delay, "accuracy": accuracy, "steps": steps,
             "seconds": round(turn.seconds, 2), "chance": recall.CHANCE}
        )  # fmt: skip
    curves = {name: _points(rows, name, "delay", "accuracy") for name in options.cells}
    curves["chance"] = [(delay, recall.CHANCE) for delay in delays]
    label = f"accuracy on {recall.ASKED} new sequences, share"
    figure = drawing.lines({label: curves}, "tokens N between being told and asked", (True, False))
    figure.axes[0].lines[-1].set(color="black", linestyle=":", marker="")
    figure.axes[0].set_ylim(0, 1.05)
    figure.axes[0].legend(fontsize="small")
    save(figure, asked.path)
    return rows


def cost(asked: Request) -> Rows:
    """Time and memory of forward and backward against the length of the sequence."""
    options, device = asked.options, asked.device.type
    makes = {
        name: partial(
            costs.cell_work, name, options.size, options.batch, options.seed, device
        )
        for name in options.cells
    }  # fmt: skip
    lengths = costs.powers(SHORTEST, options.length)
    turns = list(costs.compare(makes, lengths, ROUNDS, device))
    rows: Rows = [
        {"cell": name, "length": length, "milliseconds": 1000 * found.seconds,
         "memory_mb": found.memory, "batch": options.batch, "size": options.size}
        for (name, length), found in costs.medians(turns).items()
    ]  # fmt: skip
    panels = {
        label: {name: _points(rows, name, "length", key) for name in options.cells}
        for label, key in (
            ("forward and backward, ms", "milliseconds"), ("memory at the peak, MB", "memory_mb")
        )
    }  # fmt: skip
    save(drawing.lines(panels, "length of the sequence, positions", (True, True)), asked.path)
    return rows


def _points(rows: Rows, cell: str, x: str, y: str) -> list[drawing.Point]:
    return [(row[x], row[y]) for row in rows if row["cell"] == cell]


def attention(asked: Request) -> Rows:
    """Where the run looked to say each piece."""
    if asked.run is None:
        raise SkippedError("there is no run")
    if not (rows := asked.run.attend(asked.path)):
        raise SkippedError("this run attends to nothing")
    return rows


def states(asked: Request) -> Rows:
    """How large the states of the run are while it reads a text."""
    if asked.run is None:
        raise SkippedError("there is no run")
    if not asked.run.samples:
        raise SkippedError("this run has kept nothing to read")
    sample = asked.run.samples[3 * len(asked.run.samples) // 4]  # rather a long one
    with torch.inference_mode():
        sides = asked.run.read(sample, drawing.WRITTEN)
    panels = [
        drawing.Words(
            f"what the {side.name} reads", side.pieces, {x.name: x.norms() for x in side.layers}
        )
        for side in sides
    ]
    save(drawing.words(panels, "norm of the hidden state"), asked.path)
    return [row for side in sides for row in _rows(side)]


def _rows(side: Side) -> Rows:
    return [
        {"side": side.name, "layer": layer.name, "position": place, "piece": piece, "norm": norm}
        for layer in side.layers
        for place, (piece, norm) in enumerate(zip(side.pieces, layer.norms(), strict=True))
    ]


DRAWN: dict[str, Callable[[Request], list[dict[str, Any]]]] = {
    "gradient": gradient,
    "recall": recalled,
    "costs": cost,
    "attention": attention,
    "states": states,
}
