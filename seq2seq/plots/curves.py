"""Learning curves: loss, validation score and learning rate over training steps."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from seq2seq.plots.save import save_figure

# Labels of metrics whose name in metrics.jsonl is not fit for a plot.
SCORE_LABELS = {"bleu": "BLEU", "bits": "bits per character"}
LOWER_IS_BETTER = ("bits", "perplexity", "loss")
LOSS_NOTE = "training: with label smoothing and dropout, where used; validation: without"
MAX_MARKED = 20  # points of a curve that are marked, at most: a single one has no line

Entries = Sequence[dict[str, Any]]


def plot_curves(entries: Entries, path: Path) -> None:
    """Draw losses, validation score and learning rate.

    Args:
        entries: the lines of metrics.jsonl.
        path: path of the PNG file.

    Raises:
        TextError: the file cannot be written.
    """
    save_figure(curves_figure(entries), path)


def curves_figure(entries: Entries) -> Figure:
    """Return the figure of `plot_curves`: three panels over one axis of steps."""
    figure = Figure(figsize=(7, 8), layout="constrained")
    figure.suptitle("Learning curves")
    loss, score, learning_rate = figure.subplots(3, sharex=True)
    _draw_losses(loss, entries)
    _draw_score(score, entries)
    _draw(learning_rate, entries, "train", "learning_rate")
    learning_rate.set_ylabel("learning rate")
    learning_rate.set_xlabel("step")
    for axis in (loss, score, learning_rate):
        axis.grid(alpha=0.3)
        _widen_flat(axis)
    learning_rate.xaxis.set_major_locator(MaxNLocator(integer=True))
    steps = [entry["step"] for entry in entries if entry["kind"] in ("train", "validation")]
    learning_rate.set_xlim(0, 1.05 * max(steps, default=1) or 1)
    figure.align_ylabels()
    return figure


def _draw_losses(axis: Axes, entries: Entries) -> None:
    """Draw the training loss, and the validation loss where there are perplexities."""
    _draw(axis, entries, "train", "loss", label="training")
    # The loss of a validation is the logarithm of its perplexity.
    validations = [
        {**e, "loss": math.log(e["perplexity"])}
        for e in entries
        if e["kind"] == "validation" and e.get("perplexity", 0) > 0
    ]
    if validations:
        _draw(axis, validations, "validation", "loss", label="validation", marker=".")
        axis.legend()
        axis.set_title(LOSS_NOTE, loc="left", fontsize=8)
    axis.set_ylabel("loss, nats per token")


def _draw_score(axis: Axes, entries: Entries) -> None:
    """Draw the first metric of the validations, and mark its best value."""
    validation = next((e for e in entries if e["kind"] == "validation"), {"bleu": 0})
    name = next(name for name in validation if name not in ("kind", "step"))
    axis.set_ylabel(f"validation {SCORE_LABELS.get(name, name)}")
    points = _draw(axis, entries, "validation", name, marker=".")
    if points:
        choose = min if name in LOWER_IS_BETTER else max
        step, value = choose(points, key=lambda point: point[1])
        axis.plot([step], [value], "o", fillstyle="none", markersize=10, color="C3")
        axis.set_title(f"best: {value:.4g} at step {step}", loc="right", color="C3", fontsize=10)


def _draw(
    axis: Axes, entries: Entries, kind: str, name: str, **style: Any
) -> list[tuple[int, float]]:
    """Draw a metric over steps, and return its points (step, value)."""
    points = [(e["step"], e[name]) for e in entries if e["kind"] == kind and name in e]
    if len(points) <= MAX_MARKED:
        style = {"marker": ".", **style}
    axis.plot([step for step, _ in points], [value for _, value in points], **style)
    return points


def _widen_flat(axis: Axes) -> None:
    """Start an axis whose values are all equal at 0, or else it would show a tiny interval."""
    values = {float(y) for line in axis.lines for y in np.asarray(line.get_ydata())}
    if len(values) == 1 and (value := values.pop()) > 0:
        axis.set_ylim(0, 2 * value)
