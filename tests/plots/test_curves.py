"""Learning curves."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes

from seq2seq.plots.curves import curves_figure, plot_curves
from tests.plots.png import png_size

TRAIN: list[dict[str, Any]] = [
    {"kind": "train", "step": step, "loss": 5.0 - step / 100, "learning_rate": 0.001}
    for step in (100, 200, 300)
]


def validations(name: str, values: list[float]) -> list[dict[str, Any]]:
    """Return validations at steps 100, 200, ... with a metric and a perplexity."""
    return [
        {"kind": "validation", "step": 100 * n, name: value, "perplexity": 20.0}
        for n, value in enumerate(values, 1)
    ]


def points(axis: Axes, line: int) -> list[tuple[float, float]]:
    """Return the points of a line of `axis`."""
    xy = np.asarray(axis.lines[line].get_xydata(), np.float64)
    return [(x, y) for x, y in xy.tolist()]


def test_axes_are_labelled() -> None:
    figure = curves_figure(TRAIN + validations("bleu", [1.0]))

    labels = [axis.get_ylabel() for axis in figure.axes]
    assert labels == ["loss, nats per token", "validation BLEU", "learning rate"]
    assert figure.axes[2].get_xlabel() == "step"
    assert figure.get_suptitle() == "Learning curves"


def test_losses_of_training_and_validation_share_a_panel() -> None:
    loss = curves_figure(TRAIN + validations("bleu", [1.0])).axes[0]

    assert points(loss, 0) == [(100, 4.0), (200, 3.0), (300, 2.0)]
    np.testing.assert_allclose(points(loss, 1), [(100, math.log(20))])  # the loss of perplexity 20
    legend = loss.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["training", "validation"]


@pytest.mark.parametrize(
    ("name", "step", "value"),
    [("bleu", 200, 9.0), ("accuracy", 200, 9.0), ("bits", 300, 2.0), ("perplexity", 300, 2.0)],
)
def test_the_best_validation_is_marked(name: str, step: int, value: float) -> None:
    entries = [
        {"kind": "validation", "step": 100 * n, name: score}
        for n, score in enumerate((5.0, 9.0, 2.0), 1)
    ]

    score = curves_figure(TRAIN + entries).axes[1]

    assert points(score, 0) == [(100, 5.0), (200, 9.0), (300, 2.0)]
    assert points(score, 1) == [(step, value)]
    assert score.get_title(loc="right") == f"best: {value:g} at step {step}"


def test_without_validations_no_best_one_is_marked() -> None:
    loss, score, learning_rate = curves_figure(TRAIN).axes

    assert loss.get_legend() is None
    assert [len(points(score, line)) for line in range(len(score.lines))] == [0]
    assert points(learning_rate, 0) == [(100, 0.001), (200, 0.001), (300, 0.001)]


@pytest.mark.parametrize("entries", [[], TRAIN, TRAIN + validations("bleu", [1.0, 2.0])])
def test_curves_are_written_as_png(entries: list[dict[str, Any]], tmp_path: Path) -> None:
    plot_curves(entries, tmp_path / "curves.png")

    assert png_size(tmp_path / "curves.png") == (700, 800)  # 7 by 8 inches of 100 dots


def test_a_note_explains_that_the_losses_differ_in_regularisation() -> None:
    with_both, alone = curves_figure(TRAIN + validations("bleu", [1.0])), curves_figure(TRAIN)

    assert "label smoothing and dropout" in with_both.axes[0].get_title(loc="left")
    assert alone.axes[0].get_title(loc="left") == ""


def test_a_single_point_is_visible_and_a_flat_curve_is_not_stretched() -> None:
    loss, _, learning_rate = curves_figure(TRAIN[:1]).axes

    assert loss.lines[0].get_marker() == "."
    assert learning_rate.get_ylim() == (0, 0.002)  # around the constant 0.001
    low, high = learning_rate.get_xlim()
    assert low == 0
    assert high > 100
