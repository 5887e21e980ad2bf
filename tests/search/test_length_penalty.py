import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.search.length_penalty import length_penalty


@pytest.mark.parametrize(
    ("length", "alpha", "penalty"),
    [
        (1, 0.6, 1.0),  # a one-token hypothesis is the unit
        (7, 1.0, 2.0),  # (5 + 7) / 6
        (19, 0.5, 2.0),  # sqrt(24 / 6)
        (40, 0.0, 1.0),  # alpha 0 is no penalty
    ],
)
def test_penalty_by_hand(length: int, alpha: float, penalty: float) -> None:
    assert length_penalty(torch.tensor(length), alpha).item() == pytest.approx(penalty)


@given(st.integers(1, 500), st.floats(0, 2))
def test_a_longer_hypothesis_never_has_a_smaller_penalty(length: int, alpha: float) -> None:
    # The bound by which beam search stops rests on this.
    shorter, longer = length_penalty(torch.tensor([length, length + 1]), alpha).tolist()
    assert 1 <= shorter <= longer


def test_negative_alpha_is_refused() -> None:
    with pytest.raises(ValueError, match="alpha must be 0 or more, not -1"):
        length_penalty(torch.tensor([3]), alpha=-1)
