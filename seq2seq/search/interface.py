"""Interfaces between a model and a search: state, step, hypothesis."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol, Self, TypeVar, runtime_checkable

import torch
from torch import Tensor

from seq2seq.search.logit_processors import LogitProcessor
from seq2seq.text.special_tokens import BOS


class State(Protocol):
    """Decoder state of K hypotheses for each of B sentences."""

    def reorder(self, parents: Tensor) -> Self:
        """Return the state in which hypothesis k' of sentence b continues `parents[b, k']`.

        Args:
            parents: (B, K') indices of hypotheses.
        """
        ...

    def select(self, sentences: Tensor) -> Self:
        """Return the state of the sentences with the indices `sentences` (b,), in that order."""
        ...


S = TypeVar("S", bound=State)

# From the state and the last tokens (B, K) to the unnormalised log-probabilities (B, K, V) of the
# next token, which the search may overwrite, and the next state.
Step = Callable[[S, Tensor], tuple[Tensor, S]]


class Hypothesis(NamedTuple):
    """One translation."""

    tokens: list[int]  # without BOS and EOS
    logprobs: list[float]  # in nats, of each token and of EOS if generated; only if scored
    score: float  # by which the hypotheses of a sentence are ranked
    has_eos: bool  # True: finished by EOS; False: by the maximum length


class Search(Protocol):
    """Search strategy."""

    def __call__(
        self,
        step: Step[S],
        state: S,
        max_lengths: Tensor,
        sentence_ids: Sequence[int],
        scored: bool = True,
        constraints: Sequence[LogitProcessor] = (),
    ) -> list[list[Hypothesis]]:
        """Generate hypotheses for a batch of sentences.

        Args:
            step: one decoding step of the model.
            state: the initial decoder state, one hypothesis for each of B sentences, B >= 1.
            max_lengths: (B,) maximum numbers of tokens, EOS not counted.
            sentence_ids: B numbers that identify the sentences, to seed random choices.
            scored: whether to compute log-probabilities. Without them a search may skip the
                normalisation over the vocabulary, which takes longer than the argmax.
            constraints: logit processors for this batch alone, applied after those of the search.

        Returns:
            For each sentence its hypotheses, at least one, the best first. None is empty, unless
            its maximum length is 0.
        """
        ...


@runtime_checkable
class TextRanking(Protocol):
    """Search that ranks its hypotheses by their detokenised text."""

    def expected(self, texts: Sequence[str]) -> list[float]:
        """Return the expected utility of each translation of one sentence; higher is better."""
        ...


def accumulation_dtype(device: torch.device) -> torch.dtype:
    """Return the dtype in which log-probabilities are summed: fp64 where `device` has it.

    In fp32, sums over many tokens would tie although their last terms differ.
    """
    return torch.float32 if device.type == "mps" else torch.float64


def bos_tokens(count: int, device: torch.device) -> Tensor:
    """Return BOS as the last token (B, 1) of `count` sentences."""
    return torch.full((count, 1), BOS, dtype=torch.long, device=device)
