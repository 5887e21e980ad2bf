"""Sheets of images."""

from pathlib import Path

import numpy as np

from seq2seq.plots import contact_sheet
from seq2seq.plots.contact_sheet import (
    COLUMNS,
    MAX_PIECES,
    MAX_SHEET_IMAGES,
    WRAP_WIDTH,
    AttentionMap,
    CaptionedThumbnail,
    attention_sheet_figure,
    contact_sheet_figure,
)
from tests.plots.png import png_size

PIXELS = np.zeros((8, 6, 3), np.uint8)


def thumbnails(count: int) -> list[CaptionedThumbnail]:
    """Return images with the captions 0, 1, ..."""
    return [CaptionedThumbnail(f"{n}.png", PIXELS, str(n)) for n in range(count)]


def test_each_image_is_above_its_caption() -> None:
    axes = contact_sheet_figure(thumbnails(5)).axes

    images = [len(axis.images) for axis in axes]
    captions = ["".join(text.get_text() for text in axis.texts) for axis in axes]
    assert images == [1, 1, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]
    assert captions == ["", "", "", "", "0", "1", "2", "3", "", "", "", "", "4", "", "", ""]


def test_a_long_caption_is_wrapped_and_has_more_height() -> None:
    [short] = thumbnails(1)
    long = short._replace(caption="two dogs " * 20)

    figure = contact_sheet_figure([long])

    lines = figure.axes[COLUMNS].texts[0].get_text().splitlines()
    assert max(map(len, lines)) <= WRAP_WIDTH
    assert figure.get_size_inches()[1] > contact_sheet_figure([short]).get_size_inches()[1]


def test_a_sheet_has_a_limited_number_of_images() -> None:
    axes = contact_sheet_figure(thumbnails(MAX_SHEET_IMAGES + 5)).axes

    assert sum(len(axis.images) for axis in axes) == MAX_SHEET_IMAGES


def test_attention_is_drawn_over_the_image_for_each_token() -> None:
    weights = np.array([[0.1, 0.2, 0.3, 0.4], [1.0, 0.0, 0.0, 0.0]])

    axes = attention_sheet_figure([AttentionMap(PIXELS, ["\u2581red", "s"], weights)]).axes

    assert [axis.get_title() for axis in axes] == ["", " red", "s"]
    assert [len(axis.images) for axis in axes] == [1, 2, 2]
    grid = axes[1].images[1]
    np.testing.assert_array_equal(np.asarray(grid.get_array()), [[0.1, 0.2], [0.3, 0.4]])
    assert tuple(grid.get_extent()) == (0, 6, 8, 0)  # width and height of the image


def test_attention_of_a_limited_number_of_tokens_is_drawn() -> None:
    count = MAX_PIECES + 3
    each = AttentionMap(PIXELS, ["a"] * count, np.full((count, 4), 0.25))

    assert len(attention_sheet_figure([each]).axes) == 1 + MAX_PIECES


def test_sheets_are_written_as_png(tmp_path: Path) -> None:
    contact_sheet.plot_contact_sheet(thumbnails(2), tmp_path / "captions.png")
    each = AttentionMap(PIXELS, ["$5", "$\\frac{$"], np.full((2, 4), 0.25))
    contact_sheet.plot_attention_sheet([each, each], tmp_path / "attention.png")

    for name in ("captions.png", "attention.png"):
        assert min(png_size(tmp_path / name)) > 100


def test_work_is_timed() -> None:
    result, seconds = contact_sheet.timed(lambda: 3)

    assert result == 3
    assert 0 <= seconds < 1
