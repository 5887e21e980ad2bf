"""The nearest known name to a mistyped one."""

import difflib
from collections.abc import Iterable

# Similarity of two names, from 0 to 1, above which a name may be a slip for the other: default of
# difflib.get_close_matches.
SIMILARITY_CUTOFF = 0.6


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """Return `; did you mean …?` with the word of `words` that is closest to `word`, or "".

    The last part of a dotted key counts most: for train.lrr, the answer is optimizer.lr.
    """

    def similarity(other: str) -> tuple[float, float]:
        last = difflib.SequenceMatcher(None, word.rsplit(".", 1)[-1], other.rsplit(".", 1)[-1])
        return last.ratio(), difflib.SequenceMatcher(None, word, other).ratio()

    best = max((other for other in words if other != word), key=similarity, default="")
    return f"; did you mean {best}?" if best and similarity(best)[0] > SIMILARITY_CUTOFF else ""
