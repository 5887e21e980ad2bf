"""A confusion matrix as a heat map."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from seq2seq.plots.save import save_figure

COLOUR_EXPONENT = 0.3  # of shares: a root makes rare confusions visible


def plot_confusion(counts: NDArray[np.int64], names: list[str], path: Path) -> None:
    """Draw a confusion matrix; each row is drawn as shares of the lines of its label.

    Args:
        counts: (L, L) numbers of lines of each label (rows) classified as each label (columns).
        names: the L labels.
        path: path of the PNG file.

    Raises:
        TextError: the file cannot be written.
    """
    save_figure(confusion_figure(counts, names), path)


def confusion_figure(counts: NDArray[np.int64], names: list[str]) -> Figure:
    """Return the figure of `plot_confusion`."""
    shares = counts / counts.sum(1, keepdims=True).clip(1)
    side = 2.5 + 0.27 * len(names)
    figure = Figure(figsize=(side + 1.2, side), layout="constrained")
    axis = figure.subplots()
    axis.set_title("Confusion matrix")
    image = axis.imshow(shares**COLOUR_EXPONENT, cmap="viridis", vmin=0, vmax=1)
    axis.set_xticks(range(len(names)), names, rotation=90, parse_math=False)
    axis.set_yticks(range(len(names)), names, parse_math=False)
    axis.set_xlabel("predicted label")
    axis.set_ylabel("true label")
    bar = figure.colorbar(image, ax=axis, label="share of the lines of a label", pad=0.02)
    ticks = (0.0, 0.001, 0.01, 0.1, 0.5, 1.0)
    bar.set_ticks(
        [tick**COLOUR_EXPONENT for tick in ticks], labels=[f"{tick:.1%}" for tick in ticks]
    )
    return figure
