"""Confusion matrices."""

from pathlib import Path

import numpy as np

from seq2seq.plots.confusion import COLOUR_EXPONENT, confusion_figure, plot_confusion
from tests.plots.png import png_size

COUNTS = np.array([[3, 1], [0, 0]])  # no line has the second label


def test_rows_are_true_labels_and_columns_predicted_ones() -> None:
    axis, bar = confusion_figure(COUNTS, ["de", "en"]).axes

    assert (axis.get_xlabel(), axis.get_ylabel()) == ("predicted label", "true label")
    assert [label.get_text() for label in axis.get_xticklabels()] == ["de", "en"]
    assert [label.get_text() for label in axis.get_yticklabels()] == ["de", "en"]
    assert axis.get_title() == "Confusion matrix"
    assert bar.get_ylabel() == "share of the lines of a label"


def test_colours_are_shares_of_the_lines_of_each_label() -> None:
    axis = confusion_figure(COUNTS, ["de", "en"]).axes[0]

    [image] = axis.images
    shares = np.asarray(image.get_array(), np.float64) ** (1 / COLOUR_EXPONENT)
    np.testing.assert_allclose(shares, np.array([[0.75, 0.25], [0, 0]]))


def test_the_colour_bar_is_labelled_with_shares() -> None:
    bar = confusion_figure(COUNTS, ["de", "en"]).axes[1]

    ticks = zip(bar.get_yticks(), bar.get_yticklabels(), strict=True)
    labels = {label.get_text(): float(value) for value, label in ticks}
    assert labels["50.0%"] == 0.5**COLOUR_EXPONENT
    assert labels["100.0%"] == 1


def test_a_matrix_is_written_as_png(tmp_path: Path) -> None:
    plot_confusion(COUNTS, ["$a$", "$\\frac{$"], tmp_path / "confusion.png")

    width, height = png_size(tmp_path / "confusion.png")
    assert min(width, height) > 100
