"""Diagnostics of a corpus beyond cleaning: overlap of splits, lengths."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from seq2seq.data.corpus import Pair
from seq2seq.text.normalization import dedup_key, normalize


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
