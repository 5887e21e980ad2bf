"""Attention weights as heat maps."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from matplotlib.figure import Figure

from seq2seq.plots.save import save_figure


class AttentionMatrix(NamedTuple):
    """Where a translation looked."""

    source: list[str]  # S pieces
    target: list[str]  # T pieces
    weights: Any  # (T, S) numpy


def plot_attention(reads: Sequence[AttentionMatrix], path: Path) -> None:
    """Draw where translations looked, one below the other."""
    figure = Figure(figsize=(7, 5 * len(reads)), layout="constrained")
    for axis, read in zip(figure.subplots(len(reads), squeeze=False)[:, 0], reads, strict=True):
        image = axis.imshow(read.weights, cmap="Greys", vmin=0, vmax=1, aspect="auto")
        axis.set_xticks(range(len(read.source)), read.source, rotation=60, ha="right")
        axis.set_yticks(range(len(read.target)), read.target)
        axis.set_xlabel("source pieces")
        axis.set_ylabel("target pieces")
        figure.colorbar(image, ax=axis, label="attention weight")
    save_figure(figure, path)
