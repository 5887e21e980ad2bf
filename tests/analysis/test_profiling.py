"""Time and memory of computations whose memory is known."""

from functools import partial

import pytest
import torch

from seq2seq.analysis import profiling
from seq2seq.analysis.profiling import Cost, CostTrial, Work

FLOATS_PER_MB = 2**20 // 4


def chained_exp(times: int, length: int) -> Work:
    """Return a forward pass that keeps `times` tensors of `length` MB for the backward pass."""
    x = torch.zeros(length * FLOATS_PER_MB, requires_grad=True)

    def work() -> torch.Tensor:
        y = x
        for _ in range(times):
            y = y.exp().log1p()
        return y

    return work


def test_memory_is_that_of_the_tensors_saved_for_the_backward_pass() -> None:
    length = 8
    factories = {"once": partial(chained_exp, 1), "thrice": partial(chained_exp, 3)}

    trials = list(profiling.compare_costs(factories, [length], 1, "cpu"))

    once, thrice = (trial.cost for trial in trials)
    # exp saves its result, which is the argument that log1p saves; gradients are on top of it.
    assert thrice.memory - once.memory == pytest.approx(2 * length, abs=length / 4)
    assert thrice.seconds > 0


def test_costs_are_medians_over_the_rounds() -> None:
    seconds = (3.0, 1.0, 2.0)
    trials = [CostTrial("gru", 16, Cost(s, 10 * s)) for s in seconds] + [
        CostTrial("gru", 32, Cost(5.0, 6.0))
    ]

    assert profiling.median_costs(trials) == {
        ("gru", 16): Cost(2.0, 20.0),
        ("gru", 32): Cost(5.0, 6.0),
    }


def test_all_take_turns_in_each_round(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profiling, "measure_cost", lambda *_: Cost(1.0, 1.0))
    factories = {"a": partial(chained_exp, 1), "b": partial(chained_exp, 1)}

    # Measurements for a GPU are in this process.
    trials = list(profiling.compare_costs(factories, [16, 32], 2, "cuda"))

    one_round = [("a", 16), ("b", 16), ("a", 32), ("b", 32)]
    assert [(trial.name, trial.length) for trial in trials] == one_round * 2


@pytest.mark.parametrize(
    ("first", "last", "powers"),
    [(1, 8, [1, 2, 4, 8]), (16, 100, [16, 32, 64]), (16, 16, [16]), (16, 15, [])],
)
def test_powers_of_two_do_not_exceed_the_last(first: int, last: int, powers: list[int]) -> None:
    assert profiling.powers_of_two(first, last) == powers
