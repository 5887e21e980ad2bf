"""The most probable token, each time."""

from collections.abc import Sequence

from torch import Tensor

from seq2seq.search.decode_loop import decode_loop
from seq2seq.search.interface import Hypothesis, S, Step
from seq2seq.search.topk import argmax


class Greedy:
    """No choice is ever taken back."""

    def __call__(
        self, step: Step[S], state: S, limits: Tensor, keys: Sequence[int], scored: bool = True
    ) -> list[list[Hypothesis]]:
        """See `seq2seq.search.interface.Search`."""
        del keys
        return decode_loop(step, state, limits, _most_probable, 1, scored)


def _most_probable(logits: Tensor, here: Tensor, said: int) -> Tensor:
    """The tokens (b, K) with the largest of `logits` (b, K, V)."""
    del here, said
    return argmax(logits)
