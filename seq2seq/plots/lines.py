"""Line plots: several curves in several panels."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import StrMethodFormatter

Point = tuple[float, float]
Panels = Mapping[str, Mapping[str, Sequence[Point]]]

LOG_FLOOR = 1e-10  # smaller values are not drawn on a logarithmic axis: they would flatten the rest
MAX_LEGEND = 7  # curves whose legend fits into the axes, at most
MAX_TICKS = 64  # tokens on an axis, at most: more labels would overlap


class TokenValues(NamedTuple):
    """A text, and a value of each layer at each of its tokens."""

    label: str  # label of the horizontal axis
    tokens: Sequence[str]  # T
    values: Mapping[str, Sequence[float]]  # T for each layer


def plot_lines(panels: Panels, x: str, log: tuple[bool, bool], title: str = "") -> Figure:
    """Plot curves: a panel for each quantity, with a curve for each name.

    Args:
        panels: the points of each curve, by the label of the vertical axis and by name.
        x: label of the horizontal axis.
        log: whether the horizontal and the vertical axes are logarithmic.
        title: title of the figure.
    """
    figure = Figure(figsize=(7, 3.2 * len(panels) + 0.4), layout="constrained")
    if title:
        figure.suptitle(title)
    all_axes = figure.subplots(len(panels), squeeze=False)[:, 0]
    for axis, (label, curves) in zip(all_axes, panels.items(), strict=True):
        _draw_curves(axis, curves, log[1])
        axis.set_ylabel(label)
        axis.set_xlabel(x)
        if log[0]:
            axis.set_xscale("log", base=2)
            axis.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        if log[1]:
            axis.set_yscale("log")
        axis.grid(alpha=0.3, which="both")
        if len(curves) > MAX_LEGEND:
            _draw_legend_beside(axis)
        elif len(curves) > 1:
            axis.legend(fontsize="small")
    return figure


def _draw_curves(axis: Axes, curves: Mapping[str, Sequence[Point]], is_log: bool) -> None:
    """Draw each curve; `is_log` leaves out the points that are at most `LOG_FLOOR`."""
    for index, (name, points) in enumerate(curves.items()):
        drawn = [p for p in points if not is_log or p[1] > LOG_FLOOR] or [(float("nan"),) * 2]
        # Dashes show both of two curves that coincide.
        style = "--" if index and index % 2 == 0 else "-"
        marker = "." * (len(points) < MAX_TICKS)
        axis.plot(*zip(*drawn, strict=True), style, marker=marker, label=name)


def _draw_legend_beside(axis: Axes) -> None:
    """Draw the legend at the side of the axes, where it covers no curve."""
    axis.legend(fontsize="small", loc="center left", bbox_to_anchor=(1, 0.5))


def plot_token_values(panels: Sequence[TokenValues], y: str, title: str = "") -> Figure:
    """Plot curves over the tokens of texts, a panel for each text.

    Args:
        panels: one or more texts with their values.
        y: label of the vertical axes, which start at 0.
        title: title of the figure.
    """
    longest = max(len(panel.tokens) for panel in panels)
    width = max(7.0, 0.22 * min(longest, MAX_TICKS))
    figure = Figure(figsize=(width, 3.6 * len(panels)), layout="constrained")
    if title:
        figure.suptitle(title)
    all_axes = figure.subplots(len(panels), squeeze=False)[:, 0]
    for axis, panel in zip(all_axes, panels, strict=True):
        for name, values in panel.values.items():
            axis.plot(range(len(values)), values, marker=".", label=name)
        if len(panel.tokens) <= MAX_TICKS:
            _label_tokens(axis, panel.tokens)
        axis.set_xlabel(panel.label)
        axis.set_ylabel(y)
        axis.set_ylim(bottom=0)
        axis.grid(alpha=0.3)
        _draw_legend_beside(axis)
    return figure


def _label_tokens(axis: Axes, tokens: Sequence[str]) -> None:
    """Write tokens below an axis, slanted unless all are short."""
    is_narrow = all(len(token) < 3 for token in tokens)
    # Tokens are text, in which dollar signs begin no formula.
    axis.set_xticks(range(len(tokens)), tokens, parse_math=False)
    for label in [] if is_narrow else axis.get_xticklabels():
        label.set(rotation=60, ha="right", rotation_mode="anchor")
