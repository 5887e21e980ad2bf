"""Several networks that say together what comes next."""

import math
from collections.abc import Sequence
from typing import NamedTuple, Self

import torch
from torch import Tensor, nn

from seq2seq.model.captured import Captured
from seq2seq.model.context import Before
from seq2seq.model.quick import Quick
from seq2seq.model.translation import Said, State


class States(NamedTuple):
    """Where each network stands in the same hypotheses."""

    each: tuple[State, ...]

    def reorder(self, parents: Tensor) -> Self:
        """As `State.reorder`."""
        return self._replace(each=tuple(state.reorder(parents) for state in self.each))

    def keep(self, sentences: Tensor) -> Self:
        """As `State.keep`."""
        return self._replace(each=tuple(state.keep(sentences) for state in self.each))


class Befores(NamedTuple):
    """What each network finds of the sentences before; see `Before`."""

    each: tuple[Before, ...]

    def room(self, count: int) -> Self:
        """As `Before.room`."""
        return self._replace(each=tuple(before.room(count) for before in self.each))

    def keep(self, rows: Tensor) -> Self:
        """As `Before.keep`."""
        return self._replace(each=tuple(before.keep(rows) for before in self.each))

    def put(self, rows: Tensor, others: Self) -> None:
        """As `Before.put`."""
        for mine, other in zip(self.each, others.each, strict=True):
            mine.put(rows, other)


class Ensemble(nn.Module):
    """The mean of the probabilities that networks with one vocabulary give to the next token.

    Sutskever et al. (2014), section 3.6, https://arxiv.org/abs/1409.3215
    """

    def __init__(self, members: Sequence[Quick | Captured]) -> None:
        super().__init__()
        self.members: Sequence[Quick | Captured] = nn.ModuleList(members)  # type: ignore[assignment]

    def start(
        self, source: Tensor, lengths: Tensor | None, before: Befores | None = None
    ) -> States:
        """As `Translation.start`."""
        each = before.each if before else [None] * len(self.members)
        started = (m.start(source, lengths, b) for m, b in zip(self.members, each, strict=True))
        return States(tuple(started))

    def follow(
        self, source: Tensor, lengths: Tensor | None, target: Said, before: Befores | None
    ) -> Befores:
        """As `Translation.follow`."""
        each = before.each if before else [None] * len(self.members)
        pairs = zip(self.members, each, strict=True)
        return Befores(tuple(m.follow(source, lengths, target, b) for m, b in pairs))

    def step(self, state: States, tokens: Tensor) -> tuple[Tensor, States]:
        """As `Translation.step`: the logarithm of the mean probability (B, K, V)."""
        stepped = [m.step(s, tokens) for m, s in zip(self.members, state.each, strict=True)]
        logp = torch.stack([logits.float().log_softmax(-1) for logits, _ in stepped])
        mean = logp.logsumexp(0) - math.log(len(stepped))
        return mean, States(tuple(following for _, following in stepped))
