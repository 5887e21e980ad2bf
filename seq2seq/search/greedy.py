"""Greedy search."""

from collections.abc import Sequence

from torch import Tensor

from seq2seq.search.decode_loop import decode_loop
from seq2seq.search.interface import Hypothesis, S, Step
from seq2seq.search.logit_processors import LogitProcessor, default_processors
from seq2seq.search.topk import argmax


class Greedy:
    """Greedy search: the most probable token at each step."""

    def __init__(self) -> None:
        self.processors = default_processors()

    def __call__(
        self,
        step: Step[S],
        state: S,
        max_lengths: Tensor,
        sentence_ids: Sequence[int],
        scored: bool = True,
        constraints: Sequence[LogitProcessor] = (),
    ) -> list[list[Hypothesis]]:
        """Generate one hypothesis for each sentence.

        See `seq2seq.search.interface.Search`.
        """
        del sentence_ids  # nothing is random
        return decode_loop(
            step, state, max_lengths, _most_probable, 1, scored, [*self.processors, *constraints]
        )  # 1 hypothesis for each sentence


def _most_probable(logits: Tensor, sentences: Tensor, step: int) -> Tensor:
    """Return the tokens (b, K) with the largest of `logits` (b, K, V)."""
    del sentences, step
    return argmax(logits)
