"""Learning-rate schedules: pure functions of the progress of training, without a state to save.

Each returns the factor by which a step multiplies the optimizer's own learning rate.
"""

import math
from collections.abc import Sequence
from typing import Protocol


class Schedule(Protocol):
    """Interface of all schedules."""

    def __call__(self, step: int, progress: float, scores: Sequence[float]) -> float:
        """Return the factor, from 0 to 1, of the learning rate.

        Args:
            step: number of the next step, from 1.
            progress: share of the planned training that is done, from 0 to 1.
            scores: validation scores so far, in order; larger is better.
        """
        ...


def warmup_factor(step: int, warmup: int) -> float:
    """Return a factor that rises linearly from 1/`warmup` at step 1 to 1 at step `warmup`."""
    return min(1.0, step / warmup) if warmup > 0 else 1.0


def require_range(name: str, value: float, is_valid: bool, valid_range: str) -> None:
    """Check an argument of a schedule.

    Raises:
        ValueError: an argument is not valid; the message has its name, value and range.
    """
    if not is_valid:
        raise ValueError(f"{name} must be {valid_range}, not {value}")


class Constant:
    """Constant learning rate after the warm-up."""

    def __init__(self, warmup: int) -> None:
        require_range("warmup", warmup, warmup >= 0, "0 or more")
        self.warmup = warmup

    def __call__(self, step: int, progress: float, scores: Sequence[float]) -> float:
        del progress, scores
        return warmup_factor(step, self.warmup)


class InverseSquareRoot:
    """Decay with 1/sqrt(step) after the warm-up, Vaswani et al. (2017), equation 3.

    https://arxiv.org/abs/1706.03762
    """

    def __init__(self, warmup: int) -> None:
        require_range("warmup", warmup, warmup >= 0, "0 or more")
        self.warmup = warmup

    def __call__(self, step: int, progress: float, scores: Sequence[float]) -> float:
        del progress, scores
        return min(warmup_factor(step, self.warmup), math.sqrt(max(1, self.warmup) / step))


class Cosine:
    """Cosine decay from 1 to `floor` at the planned end, Loshchilov and Hutter (2017).

    https://arxiv.org/abs/1608.03983, equation 5, without restarts.
    """

    def __init__(self, warmup: int, floor: float) -> None:
        require_range("warmup", warmup, warmup >= 0, "0 or more")
        require_range("floor", floor, 0 <= floor <= 1, "from 0 to 1")
        self.warmup, self.floor = warmup, floor

    def __call__(self, step: int, progress: float, scores: Sequence[float]) -> float:
        del scores
        decay = self.floor + (1 - self.floor) * (1 + math.cos(math.pi * min(1.0, progress))) / 2
        return warmup_factor(step, self.warmup) * decay


class Plateau:
    """Multiply by `factor` after each `patience` validations in a row without a better score."""

    def __init__(self, warmup: int, factor: float, patience: int) -> None:
        require_range("warmup", warmup, warmup >= 0, "0 or more")
        require_range("factor", factor, 0 < factor < 1, "above 0 and below 1")
        require_range("patience", patience, patience > 0, "positive")
        self.warmup, self.factor, self.patience = warmup, factor, patience

    def __call__(self, step: int, progress: float, scores: Sequence[float]) -> float:
        del progress
        best, waited, cuts = -math.inf, 0, 0
        for score in scores:
            waited = 0 if score > best else waited + 1
            best = max(best, score)
            if waited == self.patience:
                cuts, waited = cuts + 1, 0
        return warmup_factor(step, self.warmup) * self.factor**cuts
