"""Sheets of images: with their captions, and with attention weights over them."""

import textwrap
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
from matplotlib.figure import Figure

from seq2seq.plots.save import save_figure

T = TypeVar("T")

COLUMNS, MAX_SHEET_IMAGES = 4, 24  # of a contact sheet: images in a row, and in all
MAX_PIECES = 16  # tokens of a caption whose attention is drawn
WRAP_WIDTH = 34  # characters in a line of a caption
IMAGE_SIDE, LINE_HEIGHT = 2.6, 0.18  # inches
TITLE_WIDTH = 18  # characters of a token that fit above an image


class CaptionedThumbnail(NamedTuple):
    """An image and its caption."""

    name: str
    pixels: Any  # (height, width, 3)
    caption: str


class AttentionMap(NamedTuple):
    """An image, the tokens of its caption, and the attention weights of each."""

    pixels: Any  # (height, width, 3)
    pieces: Sequence[str]  # T
    weights: Any  # (T, S) over a square grid of S positions


def plot_contact_sheet(images: Sequence[CaptionedThumbnail], path: Path) -> None:
    """Draw the first `MAX_IMAGES` images, each above its caption.

    Raises:
        TextError: the file cannot be written.
    """
    save_figure(contact_sheet_figure(images), path)


def contact_sheet_figure(images: Sequence[CaptionedThumbnail]) -> Figure:
    """Return the figure of `plot_contact_sheet`.

    Its axes are a row for images, a row for their captions, and so on.
    """
    images = images[:MAX_SHEET_IMAGES]
    rows = [images[start : start + COLUMNS] for start in range(0, len(images), COLUMNS)]
    captions = [[textwrap.wrap(image.caption, WRAP_WIDTH) for image in row] for row in rows]
    heights = []  # inches
    for captions_of_row in captions:
        most_lines = max(1, *map(len, captions_of_row))
        heights += [IMAGE_SIDE, LINE_HEIGHT * most_lines]
    figure = Figure(figsize=(IMAGE_SIDE * COLUMNS, sum(heights)), layout="constrained")
    axes = figure.subplots(2 * len(rows), COLUMNS, squeeze=False, height_ratios=heights)
    for axis in axes.flatten():
        axis.axis("off")
    for index, (row, captions_of_row) in enumerate(zip(rows, captions, strict=True)):
        for column, (image, lines) in enumerate(zip(row, captions_of_row, strict=True)):
            axes[2 * index, column].imshow(image.pixels)
            axes[2 * index, column].set_anchor("S")
            axes[2 * index + 1, column].text(
                0.5, 1, "\n".join(lines), ha="center", va="top", fontsize=8, parse_math=False
            )
    return figure


def plot_attention_sheet(maps: Sequence[AttentionMap], path: Path) -> None:
    """Draw a row for each image: the image, then its attention weights for each token.

    Raises:
        TextError: the file cannot be written.
    """
    save_figure(attention_sheet_figure(maps), path)


def attention_sheet_figure(maps: Sequence[AttentionMap]) -> Figure:
    """Return the figure of `plot_attention_sheet`; weights are bright where they are large."""
    columns = 1 + min(MAX_PIECES, max(len(each.pieces) for each in maps))
    figure = Figure(figsize=(1.3 * columns, 1.6 * len(maps)), layout="constrained")
    axes = figure.subplots(len(maps), columns, squeeze=False)
    for axis in axes.flatten():
        axis.axis("off")
    for row, each in zip(axes, maps, strict=True):
        row[0].imshow(each.pixels)
        side = round(np.shape(each.weights)[1] ** 0.5)
        for axis, piece, weights in zip(row[1:], each.pieces, each.weights, strict=False):
            axis.imshow(each.pixels, alpha=0.35)
            height, width = each.pixels.shape[:2]
            axis.imshow(
                np.asarray(weights).reshape(side, side), cmap="inferno", alpha=0.65,
                extent=(0, width, height, 0), interpolation="bilinear",
            )  # fmt: skip
            size = 8 * min(1, TITLE_WIDTH / max(1, len(piece)))
            axis.set_title(piece.replace("\u2581", " "), fontsize=size, parse_math=False)
    return figure


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """Return the result of `work`, and the seconds that it took."""
    start = time.monotonic()
    return work(), time.monotonic() - start
