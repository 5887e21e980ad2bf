"""What a search is given, and what it gives back."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol, Self, TypeVar, runtime_checkable

import torch
from torch import Tensor

from seq2seq.text.special_tokens import BOS, EOS, PAD, UNK


class State(Protocol):
    """Where K hypotheses of each of B sentences stand."""

    def reorder(self, parents: Tensor) -> Self:
        """Hypothesis k' of sentence b goes on from hypothesis `parents[b, k']`; (B, K')."""
        ...

    def select(self, sentences: Tensor) -> Self:
        """Only `sentences` (b,) stay in the batch, in their order."""
        ...


S = TypeVar("S", bound=State)

# The state and the last tokens (B, K) to unnormalised log-probabilities (B, K, V) of the next
# token, which the search may write over, and the next state.
Step = Callable[[S, Tensor], tuple[Tensor, S]]


class Hypothesis(NamedTuple):
    """One translation."""

    tokens: list[int]  # without START and END
    logprobs: list[float]  # of each token, and of END where it was reached; in nats, if scored
    score: float  # what the hypotheses of a sentence are ranked by
    ended: bool  # by END, and not by the limit


class Search(Protocol):
    """A strategy."""

    def __call__(
        self, step: Step[S], state: S, limits: Tensor, keys: Sequence[int], scored: bool = True
    ) -> list[list[Hypothesis]]:
        """Say each sentence.

        Args:
            step: of the model.
            state: one hypothesis for each of B sentences, at least one, nothing said yet.
            limits: (B,) tokens at most, END not counted.
            keys: B numbers that say which sentence is which, for random choices.
            scored: whether log-probabilities are wanted; a search that can do without leaves them
                out if not, since normalising over the vocabulary takes longer than a maximum.

        Returns:
            For each sentence its hypotheses, at least one, the best first. None is empty, unless
            its limit is 0.
        """
        ...


@runtime_checkable
class TextRanking(Protocol):
    """A strategy that ranks what it found once it is text."""

    def expected(self, texts: Sequence[str]) -> list[float]:
        """How good each of the translations of one sentence is; the larger the better."""
        ...


def mask_special_tokens(logits: Tensor, first: bool) -> Tensor:
    """`logits` (..., V) without what is never said: PAD, START, UNKNOWN; END as the first token.

    Changes `logits` in place.
    """
    logits[..., PAD] = -torch.inf
    logits[..., BOS] = -torch.inf
    logits[..., UNK] = -torch.inf
    if first:
        logits[..., EOS] = -torch.inf
    return logits


def accumulation_dtype(device: torch.device) -> torch.dtype:
    """The type that sums are kept in: double where `device` has it.

    Else sums of many tokens would make ties of what a step tells apart.
    """
    return torch.float32 if device.type == "mps" else torch.float64


def bos_tokens(count: int, device: torch.device) -> Tensor:
    """The first tokens (B, 1)."""
    return torch.full((count, 1), BOS, dtype=torch.long, device=device)
