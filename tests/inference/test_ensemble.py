"""Several networks, one distribution."""

import torch
from torch import Tensor, nn

from seq2seq.inference.engines.ensemble import Ensemble


class Fixed(nn.Module):
    """Model with constant logits; its state counts the steps."""

    def __init__(self, odds: list[float]) -> None:
        super().__init__()
        self.odds = torch.tensor(odds)

    def init_decoding(self, source: Tensor, lengths: Tensor | None, before: None) -> "Count":
        del lengths, before
        return Count(torch.zeros(len(source), 1))

    def step(self, state: "Count", tokens: Tensor) -> tuple[Tensor, "Count"]:
        return self.odds.log().expand(*tokens.shape, -1) + 7.0, Count(state.steps + 1)


class Count:
    def __init__(self, steps: Tensor) -> None:
        self.steps = steps  # (B, K)

    def reorder(self, parents: Tensor) -> "Count":
        return Count(self.steps.gather(1, parents))

    def select(self, sentences: Tensor) -> "Count":
        return Count(self.steps[sentences])


def test_the_mean_is_of_probabilities_and_not_of_their_logarithms() -> None:
    together = Ensemble([Fixed([0.5, 0.25, 0.25]), Fixed([0.1, 0.8, 0.1])])  # type: ignore[list-item]
    state = together.init_decoding(torch.zeros(2, 4), None)

    logits, state = together.step(state, torch.zeros(2, 1, dtype=torch.long))

    expected = torch.tensor([0.3, 0.525, 0.175]).expand(2, 1, 3)
    torch.testing.assert_close(logits.exp(), expected)


def test_each_network_keeps_its_own_state() -> None:
    together = Ensemble([Fixed([1.0]), Fixed([1.0])])  # type: ignore[list-item]
    state = together.init_decoding(torch.zeros(3, 4), None)
    _, state = together.step(state, torch.zeros(3, 1, dtype=torch.long))

    state = state.select(torch.tensor([2, 0])).reorder(torch.zeros(2, 5, dtype=torch.long))

    assert [tuple(s.steps.shape) for s in state.each] == [(2, 5), (2, 5)]  # type: ignore[attr-defined]
    assert all(bool((s.steps == 1).all()) for s in state.each)  # type: ignore[attr-defined]
