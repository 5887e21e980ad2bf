"""Reliability diagrams."""

from pathlib import Path

import numpy as np

from seq2seq.plots.reliability import plot_reliability, reliability_figure
from tests.plots.png import png_size

BINS = [(3, 0.25, 0.5), (1, 0.75, 1.0)]


def test_shares_are_drawn_over_probabilities_and_their_numbers_below() -> None:
    figure = reliability_figure({"words": BINS, "lines": []})

    words, lines, counts, _ = figure.axes
    assert [axis.get_title() for axis in (words, lines)] == ["words", "lines"]
    diagonal, curve = words.lines
    np.testing.assert_array_equal(diagonal.get_xydata(), [[0, 0], [1, 1]])
    np.testing.assert_array_equal(curve.get_xydata(), [[0.25, 0.5], [0.75, 1.0]])
    assert [bar.get_bbox().height for bar in counts.patches] == [3, 1]  # type: ignore[attr-defined]


def test_the_figure_is_written_as_png(tmp_path: Path) -> None:
    plot_reliability({"words": BINS}, tmp_path / "confidence.png")

    width, height = png_size(tmp_path / "confidence.png")
    assert width > 300
    assert height > 300
