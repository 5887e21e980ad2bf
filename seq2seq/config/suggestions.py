"""Did you mean: the nearest known name to a mistyped one."""

import difflib
from collections.abc import Iterable

SIMILARITY_CUTOFF = (
    0.6  # likeness of two names, from 0 to 1, from which one may be a slip for the other
)


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """`; did you mean …?` with what in `words` is close to `word`, or nothing.

    The last part of a dotted key counts most: for train.lrr, optimizer.lr is right.
    """

    def likeness(other: str) -> tuple[float, float]:
        last = difflib.SequenceMatcher(None, word.rsplit(".", 1)[-1], other.rsplit(".", 1)[-1])
        return last.ratio(), difflib.SequenceMatcher(None, word, other).ratio()

    best = max((other for other in words if other != word), key=likeness, default="")
    return f"; did you mean {best}?" if best and likeness(best)[0] > SIMILARITY_CUTOFF else ""
