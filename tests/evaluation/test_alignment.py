"""Alignment error rate: values by hand."""

import pytest

from benchmarks.alignment_error import diagonal
from benchmarks.alignment_pairs import PAIRS
from seq2seq.evaluation.alignment import alignment_error_rate, parse_links

Links = list[tuple[int, int]]


@pytest.mark.parametrize(
    ("links", "reference", "error_rate", "precision", "recall"),
    [
        ([(0, 0), (1, 1)], "0-0 1-1", 0.0, 1.0, 1.0),
        ([(0, 0), (1, 1)], "0-0 1?1", 0.0, 1.0, 1.0),  # 1 - (1 + 2) / (2 + 1)
        ([(0, 0), (1, 0)], "0-0 1-1", 0.5, 0.5, 0.5),  # 1 - (1 + 1) / (2 + 2)
        ([(0, 0), (0, 1), (2, 1)], "0-0 1-1 0?1", 0.4, 2 / 3, 0.5),  # 1 - (1 + 2) / (3 + 2)
        ([(1, 0)], "0-0", 1.0, 0.0, 0.0),
        ([], "0-0", 1.0, 1.0, 0.0),
        ([], "", 0.0, 1.0, 1.0),
    ],
)
def test_error_rate_of_a_pair(
    links: Links, reference: str, error_rate: float, precision: float, recall: float
) -> None:
    score = alignment_error_rate([links], [parse_links(reference)])

    assert score == pytest.approx((error_rate, precision, recall))


def test_links_of_all_pairs_are_counted_together() -> None:
    references = [parse_links("0-0"), parse_links("0-0 1-1 2-2")]

    score = alignment_error_rate([[(0, 1)], [(0, 0), (1, 1), (2, 2)]], references)

    assert score.error_rate == pytest.approx(1 - (3 + 3) / (4 + 4))


def test_a_sure_link_is_possible_too() -> None:
    reference = parse_links("0-0 1?2")

    assert reference.sure == {(0, 0)}
    assert reference.possible == {(0, 0), (1, 2)}


@pytest.mark.parametrize("text", ["0", "0-", "a-1", "0:1", "-1-2"])
def test_what_is_no_link_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="0-1 or 0"):
        parse_links(text)


def test_the_diagonal_links_words_at_the_same_relative_position() -> None:
    assert diagonal("a b", "a b c d") == [(0, 0), (0, 1), (1, 2), (1, 3)]
    assert diagonal("a b c", "x") == [(1, 0)]


@pytest.mark.parametrize(("source", "target", "links"), PAIRS)
def test_links_of_the_written_pairs_are_within_their_words(
    source: str, target: str, links: str
) -> None:
    reference = parse_links(links)

    assert {i for i, _ in reference.possible} <= set(range(len(source.split())))
    assert {j for _, j in reference.possible} == set(range(len(target.split())))


def test_there_are_thirty_written_pairs() -> None:
    assert len({source for source, _, _ in PAIRS}) == 30
