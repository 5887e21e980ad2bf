"""What may be wrong with a corpus beyond what cleaning drops."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seq2seq.data.corpus import Pair
from seq2seq.text.normalization import dedup_key, normalize

BUCKETS = 2**16  # buckets for three letters in a row
SAMPLE_LINES = 50_000  # pairs that a side's letters are learned from
WRONG_LANGUAGE_MARGIN = (
    0.7  # nats a letter in favour of the other side, from which a line is reported
)
MIN_CHARACTERS = 15  # letters below which no side is told


class Overlap(NamedTuple):
    """What two splits have in common, compared without case and punctuation."""

    first: str
    second: str
    sources: int  # pairs of the second with a source that the first has too
    targets: int
    pairs: int
    examples: list[str]


class LengthStatistics(NamedTuple):
    """How long the lines of one side are, in characters."""

    mean: float
    median: int
    longest: list[tuple[int, int]]  # number of the line, length


class MisplacedLine(NamedTuple):
    """A pair of which a side looks like the other language."""

    line: int  # from 1
    side: str
    text: str


def split_overlap(first: tuple[str, Iterable[Pair]], second: tuple[str, Iterable[Pair]]) -> Overlap:
    """Compare two splits, each a name and pairs; the second's keys are held in memory."""
    small = [
        (dedup_key(normalize(p.source)), dedup_key(normalize(p.target)), p.source)
        for p in second[1]
    ]
    sources, targets = {s for s, _, _ in small}, {t for _, t, _ in small}
    both = {(s, t) for s, t, _ in small}
    seen_sources, seen_targets, seen_pairs = set(), set(), set()
    for pair in first[1]:
        s, t = dedup_key(normalize(pair.source)), dedup_key(normalize(pair.target))
        if s in sources:
            seen_sources.add(s)
        if t in targets:
            seen_targets.add(t)
        if (s, t) in both:
            seen_pairs.add((s, t))
    examples = [text for s, _, text in small if s in seen_sources][:3]
    return Overlap(
        first[0],
        second[0],
        sum(s in seen_sources for s, _, _ in small),
        sum(t in seen_targets for _, t, _ in small),
        sum((s, t) in seen_pairs for s, t, _ in small),
        examples,
    )


def length_statistics(lines: Iterable[str], count: int) -> LengthStatistics:
    """Mean, median and the `count` longest of `lines`, of which there is at least one."""
    sizes = np.fromiter((len(line) for line in lines), np.int32)
    longest = np.argsort(-sizes, kind="stable")[:count]
    return LengthStatistics(
        float(sizes.mean()),
        int(np.median(sizes)),
        [(int(i) + 1, int(sizes[i])) for i in longest],
    )


class TrigramModel:
    """How often three letters follow one another in a language, with add-one smoothing."""

    def __init__(self, lines: Iterable[str]) -> None:
        counts: Counter[int] = Counter()
        for line in lines:
            counts.update(trigrams(line))
        total = sum(counts.values()) + BUCKETS
        self.cost = np.full(BUCKETS, math.log(total))
        for bucket, number in counts.items():
            self.cost[bucket] = math.log(total / (number + 1))

    def surprise(self, buckets: list[int]) -> float:
        """Nats for each trigram, on average."""
        found: NDArray[np.float64] = self.cost[buckets]
        return float(found.mean())


def trigrams(line: str) -> list[int]:
    """Three letters at a time, each group as the number of a bucket, the same on every machine."""
    letters = f" {line.casefold()} "
    return [
        (ord(a) * 961 + ord(b) * 31 + ord(c)) * 2654435761 % 2**32 >> 16
        for a, b, c in zip(letters, letters[1:], letters[2:], strict=False)
    ]


def misplaced_lines(pairs: Iterable[Pair], learned: list[Pair]) -> Iterator[MisplacedLine]:
    """The lines that look more like the language of the other side.

    Args:
        pairs: to look at.
        learned: pairs to learn both languages from; most of them must be right.
    """
    source, target = (
        TrigramModel(p.source for p in learned),
        TrigramModel(p.target for p in learned),
    )
    for number, pair in enumerate(pairs, 1):
        for side, text, own, other in (
            ("source", pair.source, source, target),
            ("target", pair.target, target, source),
        ):
            if len(text) < MIN_CHARACTERS:
                continue
            found = trigrams(text)
            if own.surprise(found) - other.surprise(found) > WRONG_LANGUAGE_MARGIN:
                yield MisplacedLine(number, side, text)
