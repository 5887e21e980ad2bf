"""Curves and their axes."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from matplotlib.figure import Figure
from matplotlib.ticker import StrMethodFormatter

Point = tuple[float, float]
Panels = Mapping[str, Mapping[str, Sequence[Point]]]

LOG_FLOOR = 1e-10  # what is smaller is not drawn on a logarithmic axis: it would flatten all else
MAX_LEGEND = 7  # curves, at most, whose names have room beside them
MAX_TICKS = 64  # pieces under a curve, at most, that can be read


class PieceValues(NamedTuple):
    """A text, and a value of each layer at each of its pieces."""

    label: str  # of the pieces
    pieces: Sequence[str]
    values: Mapping[str, Sequence[float]]  # by layer


def plot_lines(panels: Panels, x: str, log: tuple[bool, bool]) -> Figure:
    """Curves: a panel for each quantity, in it a line of points for each name.

    Args:
        panels: by the label of the vertical axis; names and points of each.
        x: label of the horizontal axis.
        log: whether the horizontal and the vertical axes are logarithmic.
    """
    figure = Figure(figsize=(7, 3.2 * len(panels) + 0.4), layout="constrained")
    all_axes = figure.subplots(len(panels), squeeze=False)[:, 0]
    for axis, (label, named) in zip(all_axes, panels.items(), strict=True):
        for place, (name, points) in enumerate(named.items()):
            seen = [p for p in points if not log[1] or p[1] > LOG_FLOOR] or [(float("nan"),) * 2]
            style = "--" if place and place % 2 == 0 else "-"  # of two that coincide both are seen
            marker = "." * (len(points) < MAX_TICKS)
            axis.plot(*zip(*seen, strict=True), style, marker=marker, label=name)
        axis.set_ylabel(label)
        axis.set_xlabel(x)
        if log[0]:
            axis.set_xscale("log", base=2)
            axis.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        if log[1]:
            axis.set_yscale("log")
        axis.grid(alpha=0.3, which="both")
        if len(named) > MAX_LEGEND:
            axis.legend(fontsize="small", loc="center left", bbox_to_anchor=(1, 0.5))
        elif len(named) > 1:
            axis.legend(fontsize="small")
    return figure


def plot_pieces(panels: Sequence[PieceValues], y: str) -> Figure:
    """Curves over the pieces of texts, a panel for each text."""
    longest = max(len(panel.pieces) for panel in panels)
    width = max(7.0, 0.22 * min(longest, MAX_TICKS))
    figure = Figure(figsize=(width, 3.6 * len(panels)), layout="constrained")
    all_axes = figure.subplots(len(panels), squeeze=False)[:, 0]
    for axis, panel in zip(all_axes, panels, strict=True):
        for name, values in panel.values.items():
            axis.plot(range(len(values)), values, marker=".", label=name)
        if len(panel.pieces) <= MAX_TICKS:
            narrow = all(len(piece) < 3 for piece in panel.pieces)
            turned = {} if narrow else {"rotation": 60, "ha": "right"}
            axis.set_xticks(range(len(panel.pieces)), panel.pieces, **turned)
        axis.set_xlabel(panel.label)
        axis.set_ylabel(y)
        axis.set_ylim(bottom=0)
        axis.grid(alpha=0.3)
        axis.legend(fontsize="small")
    return figure
