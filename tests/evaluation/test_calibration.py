"""Calibration: logistic fits, expected calibration error, correlations."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.evaluation.calibration import (
    Calibration,
    expected_calibration_error,
    fit_calibration,
    logit,
    pearson,
    reliability_bins,
    spearman,
)

PROBABILITIES = st.floats(0, 1)


def test_the_error_of_four_words_by_hand() -> None:
    # 0.92 and 0.98 are in one bin: mean 0.95, half of them right. 0.15 is wrong, 0.35 is right.
    bins = reliability_bins([0.92, 0.15, 0.98, 0.35], [1, 0, 0, 1])

    assert [each.size for each in bins] == [1, 1, 2]
    # (2 |0.95 - 0.5| + |0.15 - 0| + |0.35 - 1|) / 4
    assert expected_calibration_error(bins) == pytest.approx((2 * 0.45 + 0.15 + 0.65) / 4)


def test_the_error_of_nothing_is_0_and_1_is_in_the_last_bin() -> None:
    assert expected_calibration_error([]) == 0
    assert reliability_bins([1.0, 0.0], [1, 0]) == [(1, 0.0, 0.0), (1, 1.0, 1.0)]


def test_a_calibration_by_hand() -> None:
    # The logit of 0.8 is log 4; half of it and log 2 make log 4 again.
    assert Calibration((0.5,), math.log(2))(0.8) == pytest.approx(0.8)
    assert Calibration((1.0, 1.0), 0.0)(0.8, 0.5) == pytest.approx(0.8)


def test_a_known_temperature_and_bias_are_recovered() -> None:
    probabilities = np.linspace(0.02, 0.98, 4000)
    truth = Calibration((1 / 1.7,), 0.4)

    # The labels are the true shares themselves, so that there is no noise.
    fit = fit_calibration([[p] for p in probabilities], [truth(p) for p in probabilities], 1)

    assert 1 / fit.weights[0] == pytest.approx(1.7, abs=0.01)
    assert fit.bias == pytest.approx(0.4, abs=0.01)


def test_two_weights_are_recovered() -> None:
    random = np.random.default_rng(1)
    rows = random.uniform(0.02, 0.98, (3000, 2)).tolist()
    truth = Calibration((0.6, 0.3), -0.2)

    fit = fit_calibration(rows, [truth(*row) for row in rows], 2)

    assert (*fit.weights, fit.bias) == pytest.approx((0.6, 0.3, -0.2), abs=0.01)


@pytest.mark.parametrize("shares", [[0, 0, 1, 1], [0, 0, 0, 0], [1, 1, 1, 1]])
def test_separable_examples_have_a_finite_fit(shares: list[int]) -> None:
    fit = fit_calibration([[0.1], [0.2], [0.8], [0.9]], shares, 1)

    assert all(math.isfinite(value) for value in (*fit.weights, fit.bias))
    predicted = [fit(0.1), fit(0.9)]
    assert [round(p) for p in predicted] == [shares[0], shares[-1]]


def test_without_examples_the_fit_is_the_identity() -> None:
    assert fit_calibration([], [], 2) == Calibration((1.0, 0.0), 0.0)


def test_a_weight_that_would_be_negative_is_0() -> None:
    fit = fit_calibration([[0.1], [0.2], [0.8], [0.9]] * 50, [1, 1, 0, 0] * 50, 1)

    assert fit.weights == (0.0,)
    assert fit(0.1) == fit(0.9) == pytest.approx(0.5)


@given(
    st.tuples(st.floats(0, 100), st.floats(0, 100)), st.floats(-100, 100), PROBABILITIES,
    PROBABILITIES, PROBABILITIES,
)  # fmt: skip
def test_a_calibrated_probability_is_one_and_does_not_fall(
    weights: tuple[float, float], bias: float, first: float, second: float, other: float
) -> None:
    fit = Calibration(weights, bias)
    low, high = fit(min(first, second), other), fit(max(first, second), other)

    assert 0 <= low <= high <= 1


def test_the_logits_of_0_and_1_are_finite_and_opposite() -> None:
    assert logit(0.5) == 0
    assert logit(1.0) == pytest.approx(-logit(0.0))
    assert math.isfinite(logit(0.0))


def test_correlations_by_hand() -> None:
    assert pearson([1, 2, 3], [2, 4, 6]) == pytest.approx(1)
    assert pearson([1, 2, 3], [1, 3, 2]) == pytest.approx(0.5)
    assert spearman([1, 10, 100], [1, 8, 9]) == pytest.approx(1)
    # Ranks 1.5, 1.5, 3 and 1, 2, 3: covariance 1.5, variances 1.5 and 2.
    assert spearman([5, 5, 9], [1, 2, 3]) == pytest.approx(1.5 / math.sqrt(1.5 * 2))
    assert math.isnan(pearson([1, 1], [1, 2]))
    assert math.isnan(pearson([1], [2]))
