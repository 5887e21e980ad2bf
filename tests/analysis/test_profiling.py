"""Time and memory, of work whose memory is known."""

from functools import partial

import pytest
import torch

from seq2seq.analysis import profiling
from seq2seq.analysis.profiling import Cost, CostTrial, Work

MB = 2**20 // 4  # numbers of four bytes


def known(fold: int, length: int) -> Work:
    """Keeps the result of each exp for the backward pass: `fold` times `length` MB."""
    x = torch.zeros(length * MB, requires_grad=True)

    def work() -> torch.Tensor:
        y = x
        for _ in range(fold):
            y = y.exp().log1p()
        return y

    return work


def test_memory_is_what_the_backward_pass_keeps() -> None:
    length = 8
    turns = list(profiling.compare_costs({"once": partial(known, 1), "thrice": partial(known, 3)},
                               [length], 1, "cpu"))  # fmt: skip

    once, thrice = (turn.cost for turn in turns)
    # What exp keeps, its result, is what log1p keeps, its argument; gradients pass on top of it.
    assert thrice.memory - once.memory == pytest.approx(2 * length, abs=length / 4)
    assert thrice.seconds > 0


def test_all_take_turns_and_medians_are_taken_over_the_rounds() -> None:
    seconds = (3.0, 1.0, 2.0)
    turns = [CostTrial("gru", 16, Cost(s, 10 * s)) for s in seconds] + [
        CostTrial("gru", 32, Cost(5.0, 6.0))
    ]

    assert profiling.median_costs(turns) == {
        ("gru", 16): Cost(2.0, 20.0),
        ("gru", 32): Cost(5.0, 6.0),
    }


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [(1, 8, [1, 2, 4, 8]), (16, 100, [16, 32, 64]), (16, 16, [16]), (16, 15, [])],
)
def test_powers_of_two(first: int, last: int, expected: list[int]) -> None:
    assert profiling.powers_of_two(first, last) == expected
