"""Calibration of probabilities: logistic fits, and how far probabilities are from what happens.

Platt (1999); Guo et al. (2017), https://arxiv.org/abs/1706.04599.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_Floats = NDArray[np.float64]

BINS = 10  # of probabilities, equally wide
CLOSEST = 1e-6  # to 0 and 1 that a probability comes before its logit is taken
RIDGE = 0.1  # pull of a fit to the identity; it matters where there are few or separable examples
MAX_WEIGHT, MAX_BIAS = 100.0, 100.0
_STEPS = 100  # of Newton's method, at most; about 6 are needed


def logit(probability: float) -> float:
    """Return log(p / (1 - p)), finite for 0 and 1."""
    p = min(max(probability, CLOSEST), 1 - CLOSEST)
    return math.log(p) - math.log1p(-p)


class Calibration(NamedTuple):
    """A logistic function of the logits of probabilities.

    One weight is the reciprocal of a temperature. No weight is negative: where a probability rises,
    the calibrated one does not fall.
    """

    weights: tuple[float, ...]
    bias: float

    def __call__(self, *probabilities: float) -> float:
        """Return the calibrated probability, from 0 to 1, for one probability per weight."""
        pairs = zip(self.weights, probabilities, strict=True)
        z = sum(weight * logit(probability) for weight, probability in pairs) + self.bias
        return 1 / (1 + math.exp(-z)) if z >= 0 else 1 - 1 / (1 + math.exp(z))


def fit_calibration(
    probabilities: Sequence[Sequence[float]], shares: Sequence[float], size: int
) -> Calibration:
    """Fit a calibration by penalised maximum likelihood, with Newton's method.

    The penalty pulls to the identity of the first probability. A weight that would be negative is
    0 instead.

    Args:
        probabilities: (N, `size`) for each example.
        shares: (N,) for each example the share from 0 to 1 that was right: the label.
        size: number of probabilities of an example.
    """
    logits = [[logit(p) for p in row] + [1.0] for row in probabilities]
    features = np.array(logits, dtype=np.float64).reshape(-1, size + 1)
    labels = np.array(shares, dtype=np.float64)
    prior = np.eye(size + 1)[0]
    is_free = np.ones(size + 1, dtype=bool)
    while True:
        fitted = np.zeros(size + 1)
        fitted[is_free] = _newton(features[:, is_free], labels, prior[is_free])
        is_negative = is_free & (fitted < 0)
        is_negative[-1] = False  # the bias
        if not is_negative.any():
            break
        is_free &= ~is_negative
    weights = np.minimum(fitted[:-1], MAX_WEIGHT).tolist()
    return Calibration(tuple(weights), float(np.clip(fitted[-1], -MAX_BIAS, MAX_BIAS)))


def _newton(features: _Floats, labels: _Floats, prior: _Floats) -> _Floats:
    """Return the minimum of the penalised cross-entropy, which is convex."""

    def loss(weights: _Floats) -> float:
        z = features @ weights
        distance = weights - prior
        return float((np.logaddexp(0, z) - labels * z).sum() + RIDGE / 2 * distance @ distance)

    weights = prior.copy()
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(-np.clip(features @ weights, -500, 500)))
        gradient = features.T @ (p - labels) + RIDGE * (weights - prior)
        hessian = (features.T * (p * (1 - p))) @ features + RIDGE * np.eye(len(prior))
        step = np.linalg.solve(hessian, gradient)
        before, size = loss(weights), 1.0
        while loss(weights - size * step) > before and size > 1e-6:
            size /= 2
        weights = weights - size * step
        if np.abs(size * step).max() < 1e-9:
            break
    return weights


class ReliabilityBin(NamedTuple):
    """Examples whose probabilities are in one interval."""

    size: int  # number of examples
    predicted: float  # mean probability
    actual: float  # mean share that was right


def reliability_bins(
    probabilities: Sequence[float], shares: Sequence[float]
) -> list[ReliabilityBin]:
    """Return the bins, of `BINS` equal intervals from 0 to 1, that have examples."""
    members: list[list[int]] = [[] for _ in range(BINS)]
    for index, probability in enumerate(probabilities):
        members[min(int(probability * BINS), BINS - 1)].append(index)
    return [
        ReliabilityBin(
            len(indices),
            sum(probabilities[i] for i in indices) / len(indices),
            sum(shares[i] for i in indices) / len(indices),
        )
        for indices in members
        if indices
    ]


def expected_calibration_error(bins: Sequence[ReliabilityBin]) -> float:
    """Return the mean distance of probability and share over examples; 0 without examples.

    Naeini et al. (2015), https://doi.org/10.1609/aaai.v29i1.9602.
    """
    count = sum(each.size for each in bins)
    total = sum(each.size * abs(each.predicted - each.actual) for each in bins)
    return total / max(count, 1)


def pearson(first: Sequence[float], second: Sequence[float]) -> float:
    """Return Pearson's correlation; NaN if a side is constant or has fewer than two values."""
    x, y = np.array(first, dtype=np.float64), np.array(second, dtype=np.float64)
    if len(x) < 2 or x.std() == 0 or y.std() == 0:
        return math.nan
    return float(np.corrcoef(x, y)[0, 1])


def spearman(first: Sequence[float], second: Sequence[float]) -> float:
    """Return Spearman's rank correlation; equal values share their mean rank."""
    return pearson(_ranks(first), _ranks(second))


def _ranks(values: Sequence[float]) -> list[float]:
    _, inverse, counts = np.unique(np.array(values), return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    mean_ranks = ends - (counts - 1) / 2
    return [float(rank) for rank in mean_ranks[inverse]]
