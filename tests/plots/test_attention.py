"""Heat maps of attention weights."""

from pathlib import Path

import numpy as np
import pytest

from seq2seq.errors import TextError
from seq2seq.plots.attention import AttentionMatrix, attention_figure, plot_attention
from tests.plots.png import png_size

SHORT = AttentionMatrix(["_two", "_dogs"], ["_zwei", "_Hun", "de"], np.full((3, 2), 0.5))
LONG = AttentionMatrix(["a"] * 60, ["b"] * 50, np.full((50, 60), 1 / 60))


def test_rows_are_tokens_of_the_hypothesis_and_columns_those_of_the_source() -> None:
    figure = attention_figure([SHORT])

    axis, bar = figure.axes
    assert (axis.get_xlabel(), axis.get_ylabel()) == ("source", "hypothesis")
    assert [label.get_text() for label in axis.get_xticklabels()] == SHORT.source
    assert [label.get_text() for label in axis.get_yticklabels()] == SHORT.target
    assert bar.get_ylabel() == "attention weight"
    assert figure.get_suptitle() == "Attention weights"
    [image] = axis.images
    np.testing.assert_array_equal(np.asarray(image.get_array()), SHORT.weights)
    assert image.get_clim() == (0, 1)  # weights of several translations can be compared


def test_each_translation_has_axes_of_its_own() -> None:
    labels = [axis.get_ylabel() for axis in attention_figure([SHORT, LONG]).axes]

    assert labels == ["hypothesis", "hypothesis", "attention weight", "attention weight"]


def test_a_plot_of_more_tokens_is_larger() -> None:
    small, large = (attention_figure([matrix]).get_size_inches() for matrix in (SHORT, LONG))

    assert (large > small).all()


def test_tokens_with_dollar_signs_are_no_formulas(tmp_path: Path) -> None:
    tokens = ["$5", "$\\frac{$"]

    plot_attention([AttentionMatrix(tokens, tokens, np.eye(2))], tmp_path / "attention.png")

    width, height = png_size(tmp_path / "attention.png")
    assert min(width, height) > 100


def test_a_plot_in_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TextError, match="cannot be written"):
        plot_attention([SHORT], tmp_path / "missing" / "attention.png")
