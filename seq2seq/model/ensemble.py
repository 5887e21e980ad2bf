"""Several networks that say together what comes next."""

import math
from collections.abc import Sequence
from typing import NamedTuple, Self

import torch
from torch import Tensor, nn

from seq2seq.model.captured import Captured
from seq2seq.model.quick import Quick
from seq2seq.model.translation import State


class States(NamedTuple):
    """Where each network stands in the same hypotheses."""

    each: tuple[State, ...]

    def reorder(self, parents: Tensor) -> Self:
        """As `State.reorder`."""
        return self._replace(each=tuple(state.reorder(parents) for state in self.each))

    def keep(self, sentences: Tensor) -> Self:
        """As `State.keep`."""
        return self._replace(each=tuple(state.keep(sentences) for state in self.each))


class Ensemble(nn.Module):
    """The mean of the probabilities that networks with one vocabulary give to the next token.

    Sutskever et al. (2014), section 3.6, https://arxiv.org/abs/1409.3215
    """

    def __init__(self, members: Sequence[Quick | Captured]) -> None:
        super().__init__()
        self.members: Sequence[Quick | Captured] = nn.ModuleList(members)  # type: ignore[assignment]

    def start(self, source: Tensor, lengths: Tensor | None) -> States:
        """As `Translation.start`."""
        return States(tuple(member.start(source, lengths) for member in self.members))

    def step(self, state: States, tokens: Tensor) -> tuple[Tensor, States]:
        """As `Translation.step`: the logarithm of the mean probability (B, K, V)."""
        stepped = [m.step(s, tokens) for m, s in zip(self.members, state.each, strict=True)]
        logp = torch.stack([logits.float().log_softmax(-1) for logits, _ in stepped])
        mean = logp.logsumexp(0) - math.log(len(stepped))
        return mean, States(tuple(following for _, following in stepped))
