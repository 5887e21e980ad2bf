"""The most probable token, each time."""

from collections.abc import Sequence

from torch import Tensor

from seq2seq.search.largest import largest
from seq2seq.search.step import Hypothesis, S, Step
from seq2seq.search.walk import walk


class Greedy:
    """No choice is ever taken back."""

    def __call__(
        self, step: Step[S], state: S, limits: Tensor, keys: Sequence[int], scored: bool = True
    ) -> list[list[Hypothesis]]:
        """See `seq2seq.search.step.Search`."""
        del keys
        return walk(step, state, limits, _most_probable, 1, scored)


def _most_probable(logits: Tensor, here: Tensor, said: int) -> Tensor:
    """The tokens (b, K) with the largest of `logits` (b, K, V)."""
    del here, said
    return largest(logits)
