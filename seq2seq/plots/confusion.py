"""A confusion matrix as a heat map."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from seq2seq.plots.save import save_figure


def plot_confusion(counts: NDArray[np.int64], names: list[str], path: Path) -> None:
    """Draw how often lines of each label are classified as each, as shares of each label's lines.

    Args:
        counts: (L, L) lines of each label (rows) that were classified as each (columns).
        names: the L labels.
        path: the PNG file.
    """
    shares = counts / counts.sum(1, keepdims=True).clip(1)
    side = 2.5 + 0.27 * len(names)
    figure = Figure(figsize=(side + 0.8, side), layout="constrained")
    axis = figure.subplots()
    # The root makes rare confusions visible.
    image = axis.imshow(shares**0.3, cmap="viridis", vmin=0, vmax=1)
    axis.set_xticks(range(len(names)), names, rotation=90, parse_math=False)
    axis.set_yticks(range(len(names)), names, parse_math=False)
    axis.set_xlabel("predicted label")
    axis.set_ylabel("true label")
    bar = figure.colorbar(image, ax=axis, label="share of the lines")
    ticks = (0.0, 0.001, 0.01, 0.1, 0.5, 1.0)
    bar.set_ticks([tick**0.3 for tick in ticks], labels=[f"{tick:.1%}" for tick in ticks])
    save_figure(figure, path)
