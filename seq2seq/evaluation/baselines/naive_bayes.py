"""A classifier that counts: naive Bayes over groups of letters, to measure others against.

Cavnar and Trenkle (1994) tell languages by groups of one to a few letters; the decision here is by
Bayes' rule with add-one smoothing (Manning et al. 2008, section 13.2).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

MAX_ORDER = 3  # letters in a group
BUCKETS = 2**17  # that groups are hashed into
HASH_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)

LabelArray = NDArray[np.int64]


class NaiveBayes:
    """How probable each group of letters is in lines of each label."""

    def __init__(self, lines: Sequence[str], labels: Sequence[int], classes: int) -> None:
        """Count the groups of `lines`, whose `labels` are numbers below `classes`."""
        buckets, owners = character_ngrams(lines)
        places = np.asarray(labels)[owners] * BUCKETS + buckets
        counts = np.bincount(places, minlength=classes * BUCKETS).reshape(classes, BUCKETS)
        self.prior = np.log(np.bincount(labels, minlength=classes) + 1.0)
        totals = counts.sum(1, keepdims=True) + BUCKETS
        self.weights = (np.log(counts + 1.0) - np.log(totals)).T.astype(np.float32)

    def classify(self, lines: Sequence[str]) -> LabelArray:
        """The most probable label of each line."""
        scores = np.tile(self.prior.astype(np.float32), (len(lines), 1))
        buckets, owners = character_ngrams(lines)
        np.add.at(scores, owners, self.weights[buckets])
        best: LabelArray = scores.argmax(1)
        return best


def character_ngrams(lines: Sequence[str]) -> tuple[LabelArray, LabelArray]:
    """The groups of letters of all lines, as buckets, and the lines that they are of."""
    padded = [f" {line.casefold()} " for line in lines]
    text = np.frombuffer("".join(padded).encode("utf-32-le"), np.uint32).astype(np.uint64)
    owners = np.repeat(np.arange(len(padded)), [len(line) for line in padded])
    found, whose = [], []
    for length in range(1, MAX_ORDER + 1):
        key = np.full(max(0, len(text) - length + 1), length, np.uint64)
        for place in range(length):
            key = (key ^ text[place : len(text) - length + 1 + place]) * HASH_MULTIPLIER
            key ^= key >> np.uint64(29)
        first, last = owners[: len(key)], owners[length - 1 :]
        within = first == last  # no group reaches into the next line
        found.append((key[within] % np.uint64(BUCKETS)).astype(np.int64))
        whose.append(first[within])
    return np.concatenate(found), np.concatenate(whose)
