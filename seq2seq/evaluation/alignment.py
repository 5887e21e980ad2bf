"""Alignment error rate: Och and Ney (2003), https://aclanthology.org/J03-1002/, section 6."""

from collections.abc import Iterable
from typing import NamedTuple

WordLink = tuple[int, int]  # indices of a source word and a target word


class AlignmentScore(NamedTuple):
    """Error rate, precision and recall of word alignments, from 0 to 1."""

    error_rate: float
    precision: float  # of the links of alignments, the share that are possible
    recall: float  # of the sure links, the share that alignments have


class ReferenceAlignment(NamedTuple):
    """The links of a pair that people set: all sure links are possible, too."""

    sure: frozenset[WordLink]
    possible: frozenset[WordLink]


def parse_links(text: str) -> ReferenceAlignment:
    """Return the links that a text has, separated by blanks: `i-j` is sure, `i?j` possible.

    Raises:
        ValueError: a link is neither.
    """
    sure, possible = set(), set()
    for link in text.split():
        source, separator, target = link.partition("-" if "-" in link else "?")
        if not (separator and source.isdecimal() and target.isdecimal()):
            raise ValueError(f"a link must be as 0-1 or 0?1, not {link!r}")
        possible.add((int(source), int(target)))
        if separator == "-":
            sure.add((int(source), int(target)))
    return ReferenceAlignment(frozenset(sure), frozenset(possible))


def alignment_error_rate(
    alignments: Iterable[Iterable[WordLink]], references: Iterable[ReferenceAlignment]
) -> AlignmentScore:
    """Return the score of alignments: AER = 1 - (|A & S| + |A & P|) / (|A| + |S|).

    A are the links of all pairs together, S the sure and P the possible links of the references.
    Without any link the error rate is 0.

    Args:
        alignments: the links of each pair.
        references: of each pair.

    Raises:
        ValueError: there is not one reference for each alignment.
    """
    links = sure = in_sure = in_possible = 0
    for alignment, reference in zip(alignments, references, strict=True):
        predicted = set(alignment)
        links += len(predicted)
        sure += len(reference.sure)
        in_sure += len(predicted & reference.sure)
        in_possible += len(predicted & reference.possible)
    error_rate = 1 - (in_sure + in_possible) / (links + sure) if links + sure else 0.0
    precision = in_possible / links if links else 1.0
    return AlignmentScore(error_rate, precision, in_sure / sure if sure else 1.0)
