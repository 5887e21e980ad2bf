"""Reliability diagrams: how often what is said to be probable is so."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from seq2seq.plots.save import save_figure

EDGE = 0.03  # of an axis beyond 0 and 1, so that points there are whole
# Of each interval of probabilities: number of examples, mean probability, share that was right.
Bins = Sequence[tuple[int, float, float]]


def plot_reliability(panels: Mapping[str, Bins], path: Path) -> None:
    """Draw a reliability diagram for each title; see `reliability_figure`.

    Raises:
        TextError: the file cannot be written.
    """
    save_figure(reliability_figure(panels), path)


def reliability_figure(panels: Mapping[str, Bins]) -> Figure:
    """Return a figure with a panel for each title: shares over probabilities, and their numbers.

    Probabilities that are right lie on the dotted diagonal.
    """
    figure = Figure(figsize=(4.5 * len(panels), 5.5), layout="constrained")
    axes = figure.subplots(2, len(panels), sharex=True, squeeze=False, height_ratios=(4, 1))
    for column, (title, bins) in enumerate(panels.items()):
        _draw(axes[0, column], axes[1, column], bins)
        axes[0, column].set_title(title)
    axes[0, 0].set_ylabel("share that is right")
    axes[1, 0].set_ylabel("number")
    return figure


def _draw(shares: Axes, counts: Axes, bins: Bins) -> None:
    predicted = [mean for _, mean, _ in bins]
    shares.plot([0, 1], [0, 1], ":", color="C7")
    shares.plot(predicted, [share for _, _, share in bins], "o-")
    shares.set_xlim(-EDGE, 1 + EDGE)
    shares.set_ylim(-EDGE, 1 + EDGE)
    counts.bar(predicted, [count for count, _, _ in bins], width=0.06)
    counts.set_xlabel("probability")
    for axis in (shares, counts):
        axis.grid(alpha=0.3)
