import math
from collections.abc import Callable

import pytest

from seq2seq import builders
from seq2seq.errors import ConfigError
from seq2seq.training.lr_schedules import Constant, Cosine, InverseSquareRoot, Plateau


@pytest.mark.parametrize(
    ("schedule", "step", "progress", "factor"),
    [
        (Constant(0), 1, 0.0, 1.0),
        (Constant(4), 1, 0.0, 0.25),  # a quarter of the way up
        (Constant(4), 9, 0.9, 1.0),
        (InverseSquareRoot(100), 50, 0.0, 0.5),
        (InverseSquareRoot(100), 100, 0.0, 1.0),
        (InverseSquareRoot(100), 400, 0.0, 0.5),  # sqrt(100 / 400)
        (InverseSquareRoot(0), 4, 0.0, 0.5),  # sqrt(1 / 4)
        (Cosine(0, 0.1), 7, 0.0, 1.0),
        (Cosine(0, 0.1), 7, 0.5, 0.55),  # half way between 1 and 0.1
        (Cosine(0, 0.1), 7, 1.0, 0.1),
        (Cosine(0, 0.0), 7, 0.25, (1 + math.sqrt(0.5)) / 2),  # cos(pi / 4)
        (Cosine(10, 0.0), 5, 0.0, 0.5),
    ],
)
def test_factor_by_hand(
    schedule: Constant | InverseSquareRoot | Cosine, step: int, progress: float, factor: float
) -> None:
    assert schedule(step, progress, []) == pytest.approx(factor)


@pytest.mark.parametrize(
    ("scores", "factor"),
    [
        ([], 1.0),
        ([1.0, 2.0, 3.0], 1.0),
        ([3.0, 2.0], 1.0),  # one validation without a better score
        ([3.0, 2.0, 3.0], 0.5),  # two: equal is not better
        ([3.0, 2.0, 2.0, 2.0, 2.0], 0.25),
        ([3.0, 2.0, 4.0, 2.0], 1.0),  # the better one begins the count anew
    ],
)
def test_plateau_cuts_when_nothing_gets_better(scores: list[float], factor: float) -> None:
    assert Plateau(0, 0.5, 2)(9, 0.5, scores) == pytest.approx(factor)


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (lambda: Constant(-1), r"warmup must be 0 or more, not -1"),
        (lambda: InverseSquareRoot(-1), r"warmup"),
        (lambda: Cosine(0, 2.0), r"floor must be from 0 to 1, not 2"),
        (lambda: Plateau(0, 1.0, 2), r"factor must be above 0 and below 1"),
        (lambda: Plateau(0, 0.5, 0), r"patience must be positive, not 0"),
    ],
)
def test_an_argument_out_of_range_is_an_error(made: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        made()


def test_the_error_of_an_option_has_its_full_name() -> None:
    node = {"_target_": "seq2seq.training.lr_schedules.Constant", "warmup": -1}

    with pytest.raises(ConfigError, match=r"^schedule\.warmup must be 0 or more, not -1$"):
        builders.instantiate_node("schedule", node)
