"""A classifier by counts as a baseline: naive Bayes over character n-grams.

Character n-grams identify languages (Cavnar and Trenkle 1994). Classification is by Bayes' rule
with add-one smoothing: Manning, Raghavan and Schütze (2008), section 13.2,
https://nlp.stanford.edu/IR-book/
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

MAX_ORDER = 3  # characters of the longest n-grams
FEATURE_BUCKETS = 2**17  # hash buckets of n-grams
FEATURE_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)

LabelArray = NDArray[np.int64]


class NaiveBayes:
    """Log-probabilities of character n-grams in the lines of each label.

    `weights` is (BUCKETS, L) and `prior` (L,), not normalised, for L labels.
    """

    def __init__(self, lines: Sequence[str], labels: Sequence[int], classes: int) -> None:
        """Count the n-grams of the training lines.

        Args:
            lines: N lines.
            labels: N labels, from 0 on.
            classes: L, the number of labels, of which some may have no lines.
        """
        buckets, owners = character_ngrams(lines)
        flat_indices = np.asarray(labels)[owners] * FEATURE_BUCKETS + buckets
        counts = np.bincount(flat_indices, minlength=classes * FEATURE_BUCKETS)
        counts = counts.reshape(classes, FEATURE_BUCKETS)
        self.prior = np.log(np.bincount(labels, minlength=classes) + 1.0)
        totals = counts.sum(1, keepdims=True) + FEATURE_BUCKETS
        self.weights = (np.log(counts + 1.0) - np.log(totals)).T.astype(np.float32)

    def classify(self, lines: Sequence[str]) -> LabelArray:
        """Return the most probable label (N,) of each of N lines."""
        scores = np.tile(self.prior.astype(np.float32), (len(lines), 1))
        buckets, owners = character_ngrams(lines)
        np.add.at(scores, owners, self.weights[buckets])
        best: LabelArray = scores.argmax(1)
        return best


def character_ngrams(lines: Sequence[str]) -> tuple[LabelArray, LabelArray]:
    """Hash the character n-grams of all lines.

    A line is case-folded, and has a space before and after it, which are part of n-grams.

    Returns:
        For each n-gram its bucket and the index of its line; unigrams first, then bigrams, ...
    """
    padded = [f" {line.casefold()} " for line in lines]
    text = np.frombuffer("".join(padded).encode("utf-32-le"), np.uint32).astype(np.uint64)
    line_indices = np.repeat(np.arange(len(padded)), [len(line) for line in padded])
    buckets, owners = [], []
    for n in range(1, MAX_ORDER + 1):
        key = np.full(max(0, len(text) - n + 1), n, np.uint64)
        for offset in range(n):
            key = (key ^ text[offset : len(text) - n + 1 + offset]) * FEATURE_MULTIPLIER
            key ^= key >> np.uint64(29)
        first, last = line_indices[: len(key)], line_indices[n - 1 :]
        is_within = first == last  # no n-gram reaches into the next line
        buckets.append((key[is_within] % np.uint64(FEATURE_BUCKETS)).astype(np.int64))
        owners.append(first[is_within])
    return np.concatenate(buckets), np.concatenate(owners)
