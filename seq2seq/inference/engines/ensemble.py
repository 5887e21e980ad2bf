"""Several networks that say together what comes next."""

import math
from collections.abc import Sequence
from typing import NamedTuple, Self

import torch
from torch import Tensor, nn

from seq2seq.inference.engines.cuda_graphs import CudaGraphModel
from seq2seq.inference.engines.incremental import IncrementalModel
from seq2seq.model.document_context import PreviousState
from seq2seq.model.encoder_decoder import DecoderState, TargetPrefix


class EnsembleState(NamedTuple):
    """Where each network stands in the same hypotheses."""

    each: tuple[DecoderState, ...]

    def reorder(self, parents: Tensor) -> Self:
        """As `State.reorder`."""
        return self._replace(each=tuple(state.reorder(parents) for state in self.each))

    def keep(self, sentences: Tensor) -> Self:
        """As `State.keep`."""
        return self._replace(each=tuple(state.keep(sentences) for state in self.each))


class EnsemblePreviousState(NamedTuple):
    """What each network finds of the sentences before; see `Before`."""

    each: tuple[PreviousState, ...]

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

    def __init__(self, members: Sequence[IncrementalModel | CudaGraphModel]) -> None:
        super().__init__()
        self.members: Sequence[IncrementalModel | CudaGraphModel] = nn.ModuleList(members)  # type: ignore[assignment]

    def start(
        self, source: Tensor, lengths: Tensor | None, before: EnsemblePreviousState | None = None
    ) -> EnsembleState:
        """As `Translation.start`."""
        each = before.each if before else [None] * len(self.members)
        started = (m.start(source, lengths, b) for m, b in zip(self.members, each, strict=True))
        return EnsembleState(tuple(started))

    def follow(
        self,
        source: Tensor,
        lengths: Tensor | None,
        target: TargetPrefix,
        before: EnsemblePreviousState | None,
    ) -> EnsemblePreviousState:
        """As `Translation.follow`."""
        each = before.each if before else [None] * len(self.members)
        pairs = zip(self.members, each, strict=True)
        return EnsemblePreviousState(tuple(m.follow(source, lengths, target, b) for m, b in pairs))

    def step(self, state: EnsembleState, tokens: Tensor) -> tuple[Tensor, EnsembleState]:
        """As `Translation.step`: the logarithm of the mean probability (B, K, V)."""
        stepped = [m.step(s, tokens) for m, s in zip(self.members, state.each, strict=True)]
        logp = torch.stack([logits.float().log_softmax(-1) for logits, _ in stepped])
        mean = logp.logsumexp(0) - math.log(len(stepped))
        return mean, EnsembleState(tuple(following for _, following in stepped))
