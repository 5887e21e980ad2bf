"""Naive Bayes over groups of letters, worked by hand."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.evaluation.baselines.naive_bayes import BUCKETS, NaiveBayes, character_ngrams


def test_the_groups_of_a_line_are_its_letters_pairs_and_triples_between_spaces() -> None:
    buckets, owners = character_ngrams(["ab"])

    # Of " ab ": a space, a, b, a space; " a", "ab", "b "; " ab", "ab ".
    assert len(buckets) == len(owners) == 4 + 3 + 2
    assert buckets[0] == buckets[3]
    assert len(set(buckets.tolist())) == 8
    assert buckets.min() >= 0
    assert buckets.max() < BUCKETS


@given(st.lists(st.text("abß 日", max_size=5), max_size=5))
def test_groups_are_those_of_python_and_do_not_reach_into_the_next_line(lines: list[str]) -> None:
    buckets, owners = character_ngrams(lines)

    assert len(buckets) == len(owners)
    names: dict[str, int] = {}
    for place, line in enumerate(lines):
        text = f" {line.casefold()} "
        expected = Counter(text[i : i + n] for n in (1, 2, 3) for i in range(len(text) - n + 1))
        found = Counter(buckets[owners == place].tolist())
        assert sorted(found.values()) == sorted(expected.values())
        for group in expected:  # the same group is in the same bucket, whatever is around it
            [bucket, *_] = character_ngrams([group])[0][_middle(group)]
            assert names.setdefault(group, bucket) == bucket
            assert found[bucket] == expected[group]


def _middle(group: str) -> slice:
    """Where the group itself is among the groups of " group "."""
    length = len(group)
    before = sum(length + 2 - n + 1 for n in range(1, length))
    return slice(before + 1, before + 2)


# The groups of " a ": a space twice, "a", " a", "a ", " a "; of " b " likewise.
LINES, LABELS = ["a", "A", "b"], [0, 0, 1]
FIRST, SECOND = 2 * 6 + BUCKETS, 6 + BUCKETS  # groups of each label, and one more for each bucket


def test_the_share_of_each_group_is_smoothed_by_one() -> None:
    space, letter = character_ngrams(["a"])[0][:2]

    made = NaiveBayes(LINES, LABELS, 2)

    np.testing.assert_allclose(np.exp(made.weights[space]), [5 / FIRST, 3 / SECOND], rtol=1e-5)
    np.testing.assert_allclose(np.exp(made.weights[letter]), [3 / FIRST, 1 / SECOND], rtol=1e-5)
    np.testing.assert_allclose(np.exp(made.prior), [3, 2])  # 2 lines and 1, and one more each


@pytest.mark.parametrize(
    ("line", "first", "second"),
    [
        # The prior, then the spaces, then the other groups, of which N are always the smoothing.
        ("a", 3 * 5**2 * 3**4, 2 * 3**2),
        ("b", 3 * 5**2, 2 * 3**2 * 2**4),
        ("ab", 3 * 5**2 * 3 * 3, 2 * 3**2 * 2 * 2),  # "a" and " a" against "b" and "b "
        ("bb", 3 * 5**2, 2 * 3**2 * 2**4),  # "b" twice, " b" and "b "
        ("z", 3 * 5**2, 2 * 3**2),
    ],
)
def test_the_most_probable_label_by_hand(line: str, first: int, second: int) -> None:
    made = NaiveBayes(LINES, LABELS, 2)

    [found] = made.classify([line])

    count = len(character_ngrams([line])[0])
    buckets = character_ngrams([line])[0]
    odds = np.exp((made.prior + made.weights[buckets].sum(0)) @ [1, -1])
    assert odds == pytest.approx(first / second * (SECOND / FIRST) ** count, rel=1e-3)
    assert found == (0 if first > second else 1)


def test_lines_are_judged_alone_and_labels_may_have_no_lines() -> None:
    made = NaiveBayes(LINES, LABELS, 3)

    assert made.classify(["b", "a", "b", ""]).tolist() == [1, 0, 1, 0]
    assert [int(made.classify([line])[0]) for line in ("b", "a", "b", "")] == [1, 0, 1, 0]
