"""The learning rate over time: pure functions of how far training has come, with no state to save.

Each gives the share of the optimiser's own rate that a step uses.
"""

import math
from collections.abc import Sequence
from typing import Protocol

from seq2seq.errors import ConfigError


class Schedule(Protocol):
    """What every schedule is called with."""

    def __call__(self, step: int, progress: float, scores: Sequence[float]) -> float:
        """The factor, from 0 to 1, on the learning rate.

        Args:
            step: the one about to be taken, from 1.
            progress: the share of the planned training that lies behind, from 0 to 1.
            scores: of the validations so far, in order, the larger the better.
        """
        ...


def warmup_factor(step: int, warmup: int) -> float:
    """A straight rise from 1/`warmup` at step 1 to 1 at step `warmup` and after."""
    return min(1.0, step / warmup) if warmup > 0 else 1.0


def require_range(name: str, value: float, right: bool, range_: str) -> None:
    """Refuse an option of a schedule, naming its range, unless `right`.

    Raises:
        ConfigError: it is not.
    """
    if not right:
        raise ConfigError(f"schedule.{name} must be {range_}, not {value}")


class Constant:
    """Level after the warm-up."""

    def __init__(self, warmup: int) -> None:
        require_range("warmup", warmup, warmup >= 0, "0 or more")
        self.warmup = warmup

    def __call__(self, step: int, progress: float, scores: Sequence[float]) -> float:
        del progress, scores
        return warmup_factor(step, self.warmup)


class InverseSquareRoot:
    """Down with 1/sqrt(step) after the warm-up, Vaswani et al. (2017), equation 3.

    https://arxiv.org/abs/1706.03762
    """

    def __init__(self, warmup: int) -> None:
        require_range("warmup", warmup, warmup >= 0, "0 or more")
        self.warmup = warmup

    def __call__(self, step: int, progress: float, scores: Sequence[float]) -> float:
        del progress, scores
        return min(warmup_factor(step, self.warmup), math.sqrt(max(1, self.warmup) / step))


class Cosine:
    """Half a cosine from 1 down to `floor` at the planned end, Loshchilov and Hutter (2017).

    https://arxiv.org/abs/1608.03983, equation 5, without restarts.
    """

    def __init__(self, warmup: int, floor: float) -> None:
        require_range("warmup", warmup, warmup >= 0, "0 or more")
        require_range("floor", floor, 0 <= floor <= 1, "from 0 to 1")
        self.warmup, self.floor = warmup, floor

    def __call__(self, step: int, progress: float, scores: Sequence[float]) -> float:
        del scores
        fall = self.floor + (1 - self.floor) * (1 + math.cos(math.pi * min(1.0, progress))) / 2
        return warmup_factor(step, self.warmup) * fall


class Plateau:
    """Down by `factor` each time `patience` validations in a row brought nothing better."""

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
