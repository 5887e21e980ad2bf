"""Diagnostics of a corpus beyond cleaning: overlap of splits, lengths, misplaced lines."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seq2seq.data.corpus import Pair
from seq2seq.text.normalization import dedup_key, normalize

TRIGRAM_BUCKETS = 2**16  # hash buckets of trigrams
SAMPLE_LINES = 50_000  # pairs that the trigram models are trained on
WRONG_LANGUAGE_MARGIN = 0.7  # nats a trigram in favour of the other side, to report a line
MIN_CHARACTERS = 15  # shorter lines are not reported


class Overlap(NamedTuple):
    """Overlap of two splits, compared without case and punctuation."""

    first: str
    second: str
    sources: int  # pairs of the second whose source the first has too
    targets: int
    pairs: int
    examples: list[str]


class LengthStatistics(NamedTuple):
    """Lengths of the lines of one side, in characters."""

    mean: float
    median: int
    longest: list[tuple[int, int]]  # line number from 1, length


class MisplacedLine(NamedTuple):
    """A line that looks like the language of the other side."""

    line: int  # from 1
    side: str
    text: str


def split_overlap(first: tuple[str, Iterable[Pair]], second: tuple[str, Iterable[Pair]]) -> Overlap:
    """Compare two splits, each a name and pairs; the second's keys are held in memory."""
    keys = [(_key(pair.source), _key(pair.target), pair.source) for pair in second[1]]
    sources, targets = {s for s, _, _ in keys}, {t for _, t, _ in keys}
    both = {(s, t) for s, t, _ in keys}
    known_sources, known_targets, known_pairs = set(), set(), set()
    for pair in first[1]:
        s, t = _key(pair.source), _key(pair.target)
        if s in sources:
            known_sources.add(s)
        if t in targets:
            known_targets.add(t)
        if (s, t) in both:
            known_pairs.add((s, t))
    examples = [text for s, _, text in keys if s in known_sources][:3]
    return Overlap(
        first[0],
        second[0],
        sum(s in known_sources for s, _, _ in keys),
        sum(t in known_targets for _, t, _ in keys),
        sum((s, t) in known_pairs for s, t, _ in keys),
        examples,
    )


def _key(line: str) -> str:
    return dedup_key(normalize(line))


def length_statistics(lines: Iterable[str], count: int) -> LengthStatistics:
    """Return mean and median length, and the `count` longest, of one or more `lines`."""
    sizes = np.fromiter((len(line) for line in lines), np.int32)
    longest = np.argsort(-sizes, kind="stable")[:count]
    return LengthStatistics(
        float(sizes.mean()),
        int(np.median(sizes)),
        [(int(i) + 1, int(sizes[i])) for i in longest],
    )


class TrigramModel:
    """Trigram frequencies of a language, over characters, with add-one smoothing."""

    def __init__(self, lines: Iterable[str]) -> None:
        """Count the trigrams of `lines`."""
        counts: Counter[int] = Counter()
        for line in lines:
            counts.update(trigrams(line))
        total = sum(counts.values()) + TRIGRAM_BUCKETS
        self.costs = np.full(TRIGRAM_BUCKETS, math.log(total))
        for bucket, number in counts.items():
            self.costs[bucket] = math.log(total / (number + 1))

    def cross_entropy(self, buckets: list[int]) -> float:
        """Return the mean cross-entropy per trigram, in nats, of a line with these buckets."""
        costs: NDArray[np.float64] = self.costs[buckets]
        return float(costs.mean())


def trigrams(line: str) -> list[int]:
    """Return the hash bucket of each trigram of `line`, the same on every machine."""
    letters = f" {line.casefold()} "
    return [
        (ord(a) * 961 + ord(b) * 31 + ord(c)) * 2654435761 % 2**32 >> 16
        for a, b, c in zip(letters, letters[1:], letters[2:], strict=False)
    ]


def misplaced_lines(pairs: Iterable[Pair], sample: list[Pair]) -> Iterator[MisplacedLine]:
    """Yield the lines that look more like the language of the other side.

    Args:
        pairs: pairs to check.
        sample: pairs to train the trigram models on; most of them must be correct.
    """
    source, target = (
        TrigramModel(pair.source for pair in sample),
        TrigramModel(pair.target for pair in sample),
    )
    for number, pair in enumerate(pairs, 1):
        for side, text, own, other in (
            ("source", pair.source, source, target),
            ("target", pair.target, target, source),
        ):
            if len(text) < MIN_CHARACTERS:
                continue
            buckets = trigrams(text)
            if own.cross_entropy(buckets) - other.cross_entropy(buckets) > WRONG_LANGUAGE_MARGIN:
                yield MisplacedLine(number, side, text)
