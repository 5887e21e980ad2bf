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

    def select(self, sentences: Tensor) -> Self:
        """As `State.select`."""
        return self._replace(each=tuple(state.select(sentences) for state in self.each))


class EnsemblePreviousState(NamedTuple):
    """What each network finds of the sentences before; see `Before`."""

    each: tuple[PreviousState, ...]

    def empty(self, count: int) -> Self:
        """As `PreviousState.empty`."""
        return self._replace(each=tuple(before.empty(count) for before in self.each))

    def select(self, rows: Tensor) -> Self:
        """As `PreviousState.select`."""
        return self._replace(each=tuple(before.select(rows) for before in self.each))

    def scatter(self, rows: Tensor, others: Self) -> None:
        """As `PreviousState.scatter`."""
        for mine, other in zip(self.each, others.each, strict=True):
            mine.scatter(rows, other)


class Ensemble(nn.Module):
    """The mean of the probabilities that networks with one vocabulary give to the next token.

    Sutskever et al. (2014), section 3.6, https://arxiv.org/abs/1409.3215
    """

    def __init__(self, members: Sequence[IncrementalModel | CudaGraphModel]) -> None:
        super().__init__()
        self.members: Sequence[IncrementalModel | CudaGraphModel] = nn.ModuleList(members)  # type: ignore[assignment]

    def init_decoding(
        self, source: Tensor, lengths: Tensor | None, before: EnsemblePreviousState | None = None
    ) -> EnsembleState:
        """As `EncoderDecoder.init_decoding`."""
        each = before.each if before else [None] * len(self.members)
        started = (
            m.init_decoding(source, lengths, b) for m, b in zip(self.members, each, strict=True)
        )
        return EnsembleState(tuple(started))

    def advance_document(
        self,
        source: Tensor,
        lengths: Tensor | None,
        target: TargetPrefix,
        before: EnsemblePreviousState | None,
    ) -> EnsemblePreviousState:
        """As `EncoderDecoder.advance_document`."""
        each = before.each if before else [None] * len(self.members)
        pairs = zip(self.members, each, strict=True)
        return EnsemblePreviousState(
            tuple(m.advance_document(source, lengths, target, b) for m, b in pairs)
        )

    def step(self, state: EnsembleState, tokens: Tensor) -> tuple[Tensor, EnsembleState]:
        """As `Translation.step`: the logarithm of the mean probability (B, K, V)."""
        stepped = [m.step(s, tokens) for m, s in zip(self.members, state.each, strict=True)]
        logp = torch.stack([logits.float().log_softmax(-1) for logits, _ in stepped])
        mean = logp.logsumexp(0) - math.log(len(stepped))
        return mean, EnsembleState(tuple(following for _, following in stepped))
