"""Pictures of pictures: captions under them, and where a network looked."""

import textwrap
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
from matplotlib.figure import Figure

from seq2seq.plots.save import save_figure

T = TypeVar("T")

COLUMNS, MAX_IMAGES = 4, 24  # of a contact sheet: pictures in a row, and in all
MAX_PIECES = 16  # pieces of a caption whose looks are drawn


class CaptionedThumbnail(NamedTuple):
    """A picture and its caption."""

    name: str
    pixels: Any  # (height, width, 3)
    caption: str


class AttentionMap(NamedTuple):
    """A picture, the pieces that were said of it, and where the network looked for each."""

    pixels: Any  # (height, width, 3)
    pieces: Sequence[str]  # T
    weights: Any  # (T, S) of a square grid


def plot_contact_sheet(shown: Sequence[CaptionedThumbnail], path: Path) -> None:
    """Pictures in rows, the caption of each under it."""
    shown = shown[:MAX_IMAGES]
    rows = -(-len(shown) // COLUMNS)
    figure = Figure(figsize=(2.6 * COLUMNS, 3.1 * rows), layout="constrained")
    axes = figure.subplots(rows, COLUMNS, squeeze=False).flatten()
    for axis in axes:
        axis.axis("off")
    for axis, picture in zip(axes, shown, strict=False):
        axis.imshow(picture.pixels)
        axis.set_anchor("N")
        axis.text(
            0.5, -0.04, "\n".join(textwrap.wrap(picture.caption, 38)), transform=axis.transAxes,
            ha="center", va="top", fontsize=8, parse_math=False,
        )  # fmt: skip
    save_figure(figure, path)


def plot_attention_sheet(all_looked: Sequence[AttentionMap], path: Path) -> None:
    """For each picture a row: the picture, and it again for each piece, bright where looked at."""
    columns = 1 + min(MAX_PIECES, max(len(each.pieces) for each in all_looked))
    figure = Figure(figsize=(1.3 * columns, 1.6 * len(all_looked)), layout="constrained")
    axes = figure.subplots(len(all_looked), columns, squeeze=False)
    for axis in axes.flatten():
        axis.axis("off")
    for row, each in zip(axes, all_looked, strict=True):
        row[0].imshow(each.pixels)
        side = round(np.shape(each.weights)[1] ** 0.5)
        for axis, piece, weights in zip(row[1:], each.pieces, each.weights, strict=False):
            axis.imshow(each.pixels, alpha=0.35)
            height, width = each.pixels.shape[:2]
            axis.imshow(
                np.asarray(weights).reshape(side, side), cmap="inferno", alpha=0.65,
                extent=(0, width, height, 0), interpolation="bilinear",
            )  # fmt: skip
            axis.set_title(piece.replace("\u2581", " "), fontsize=8, parse_math=False)
    save_figure(figure, path)


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """What `work` gives, and the seconds that it took."""
    began = time.monotonic()
    return work(), time.monotonic() - began
