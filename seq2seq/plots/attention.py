"""Attention weights as heat maps."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from seq2seq.plots.save import save_figure

INCHES_PER_TOKEN = 0.26
MIN_SIDE, MAX_SIDE = 3.0, 12.0  # inches of a heat map


class AttentionMatrix(NamedTuple):
    """The attention weights of one translation."""

    source: list[str]  # S tokens
    target: list[str]  # T tokens of the hypothesis
    weights: Any  # (T, S) numpy


def plot_attention(matrices: Sequence[AttentionMatrix], path: Path) -> None:
    """Draw the attention weights of translations as heat maps, one below the other.

    Args:
        matrices: the attention weights of one or more translations.
        path: path of the PNG file.

    Raises:
        TextError: the file cannot be written.
    """
    save_figure(attention_figure(matrices), path)


def attention_figure(matrices: Sequence[AttentionMatrix]) -> Figure:
    """Return the figure of `plot_attention`, with a pair of axes for each translation."""
    width = max(_side(len(matrix.source)) for matrix in matrices)
    heights = [_side(len(matrix.target)) for matrix in matrices]
    # Token labels, axis labels and colour bars need about two inches.
    size = width + 2.2, sum(heights) + 1.4 * len(matrices) + 0.4
    figure = Figure(figsize=size, layout="constrained")
    figure.suptitle("Attention weights")
    axes = figure.subplots(len(matrices), squeeze=False, height_ratios=heights)[:, 0]
    for axis, matrix in zip(axes, matrices, strict=True):
        image = _draw(axis, matrix)
        figure.colorbar(image, ax=axis, label="attention weight")
    return figure


def _side(tokens: int) -> float:
    return min(max(INCHES_PER_TOKEN * tokens, MIN_SIDE), MAX_SIDE)


def _draw(axis: Axes, matrix: AttentionMatrix) -> AxesImage:
    """Draw one heat map: a column for each source token, a row for each token generated."""
    image = axis.imshow(matrix.weights, cmap="Greys", vmin=0, vmax=1, aspect="auto")
    sizes = [min(9.0, 72 * MAX_SIDE / len(tokens)) for tokens in (matrix.source, matrix.target)]
    # Tokens are text, in which dollar signs begin no formula.
    axis.set_xticks(
        range(len(matrix.source)), matrix.source, rotation=60, ha="right", rotation_mode="anchor",
        fontsize=sizes[0], parse_math=False,
    )  # fmt: skip
    axis.set_yticks(range(len(matrix.target)), matrix.target, fontsize=sizes[1], parse_math=False)
    axis.set_xlabel("source")
    axis.set_ylabel("hypothesis")
    return image
