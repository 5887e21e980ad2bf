"""Attention weights as heat maps."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from matplotlib.figure import Figure

from seq2seq.plots.save import save_figure


class AttentionMatrix(NamedTuple):
    """The attention weights of one translation."""

    source: list[str]  # S tokens
    target: list[str]  # T tokens
    weights: Any  # (T, S) numpy


def plot_attention(matrices: Sequence[AttentionMatrix], path: Path) -> None:
    """Draw the attention weights of translations as heat maps, one below the other."""
    figure = Figure(figsize=(7, 5 * len(matrices)), layout="constrained")
    axes = figure.subplots(len(matrices), squeeze=False)[:, 0]
    for axis, matrix in zip(axes, matrices, strict=True):
        image = axis.imshow(matrix.weights, cmap="Greys", vmin=0, vmax=1, aspect="auto")
        axis.set_xticks(range(len(matrix.source)), matrix.source, rotation=60, ha="right")
        axis.set_yticks(range(len(matrix.target)), matrix.target)
        axis.set_xlabel("source tokens")
        axis.set_ylabel("target tokens")
        figure.colorbar(image, ax=axis, label="attention weight")
    save_figure(figure, path)
