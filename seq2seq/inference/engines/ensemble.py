"""An ensemble of networks with one vocabulary."""

import math
from collections.abc import Sequence
from typing import NamedTuple, Self

import torch
from torch import Tensor, nn

from seq2seq.inference.engines.cuda_graphs import CudaGraphModel
from seq2seq.inference.engines.incremental import IncrementalModel
from seq2seq.inference.engines.onnx import OnnxModel
from seq2seq.model.document_context import PreviousState
from seq2seq.model.encoder_decoder import DecoderState, TargetPrefix


class EnsembleState(NamedTuple):
    """The decoder state of each network, for the same hypotheses."""

    each: tuple[DecoderState, ...]

    def reorder(self, parents: Tensor) -> Self:
        """See `seq2seq.search.interface.State.reorder`."""
        return self._replace(each=tuple(state.reorder(parents) for state in self.each))

    def select(self, sentences: Tensor) -> Self:
        """See `seq2seq.search.interface.State.select`."""
        return self._replace(each=tuple(state.select(sentences) for state in self.each))

    def track_coverage(self) -> Self:
        """See `DecoderState.track_coverage`."""
        return self._replace(each=tuple(state.track_coverage() for state in self.each))

    def coverage(self) -> tuple[Tensor, Tensor]:
        """Return the mean over the networks that have attention; see `DecoderState.coverage`."""
        each = [state.coverage() for state in self.each]
        sums = [weights for weights, _ in each if weights.shape[-1]]
        mask = next(mask for _, mask in each if mask.shape[-1])
        return torch.stack(sums).mean(0), mask


class EnsemblePreviousState(NamedTuple):
    """The `PreviousState` of each network."""

    each: tuple[PreviousState, ...]

    def empty(self, count: int) -> Self:
        """See `PreviousState.empty`."""
        return self._replace(each=tuple(previous.empty(count) for previous in self.each))

    def select(self, rows: Tensor) -> Self:
        """See `PreviousState.select`."""
        return self._replace(each=tuple(previous.select(rows) for previous in self.each))

    def scatter(self, rows: Tensor, others: Self) -> None:
        """See `PreviousState.scatter`."""
        for previous, other in zip(self.each, others.each, strict=True):
            previous.scatter(rows, other)


class Ensemble(nn.Module):
    """Averages the probabilities of the next token over networks with one vocabulary.

    Sutskever et al. (2014), section 3.6, https://arxiv.org/abs/1409.3215
    """

    def __init__(self, members: Sequence[IncrementalModel | CudaGraphModel | OnnxModel]) -> None:
        super().__init__()
        self.members: Sequence[IncrementalModel | CudaGraphModel | OnnxModel] = nn.ModuleList(
            members
        )  # type: ignore[assignment]

    def init_decoding(
        self,
        source: Tensor,
        source_lengths: Tensor | None,
        previous: EnsemblePreviousState | None = None,
    ) -> EnsembleState:
        """See `EncoderDecoder.init_decoding`."""
        each = previous.each if previous else [None] * len(self.members)
        states = (
            member.init_decoding(source, source_lengths, p)
            for member, p in zip(self.members, each, strict=True)
        )
        return EnsembleState(tuple(states))

    def advance_document(
        self,
        source: Tensor,
        source_lengths: Tensor | None,
        target: TargetPrefix,
        previous: EnsemblePreviousState | None,
    ) -> EnsemblePreviousState:
        """See `EncoderDecoder.advance_document`."""
        each = previous.each if previous else [None] * len(self.members)
        states = (
            member.advance_document(source, source_lengths, target, p)
            for member, p in zip(self.members, each, strict=True)
        )
        return EnsemblePreviousState(tuple(states))

    def step(self, state: EnsembleState, tokens: Tensor) -> tuple[Tensor, EnsembleState]:
        """Return the logarithm of the mean probability (B, K, V), and the next state."""
        steps = [m.step(s, tokens) for m, s in zip(self.members, state.each, strict=True)]
        logp = torch.stack([logits.float().log_softmax(-1) for logits, _ in steps])
        mean = logp.logsumexp(0) - math.log(len(steps))
        return mean, EnsembleState(tuple(next_state for _, next_state in steps))
