"""Naive Bayes over character n-grams, worked by hand."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.evaluation.baselines.naive_bayes import FEATURE_BUCKETS, NaiveBayes, character_ngrams


def test_ngrams_are_characters_pairs_and_triples_of_the_line_between_spaces() -> None:
    buckets, owners = character_ngrams(["ab"])

    # Of " ab ": a space, a, b, a space; " a", "ab", "b "; " ab", "ab ".
    assert len(buckets) == len(owners) == 4 + 3 + 2
    assert buckets[0] == buckets[3]
    assert len(set(buckets.tolist())) == 8
    assert buckets.min() >= 0
    assert buckets.max() < FEATURE_BUCKETS


@given(st.lists(st.text("abß 日", max_size=5), max_size=5))
def test_ngrams_agree_with_slices_and_do_not_reach_into_the_next_line(lines: list[str]) -> None:
    buckets, owners = character_ngrams(lines)

    assert len(buckets) == len(owners)
    bucket_of: dict[str, int] = {}
    for index, line in enumerate(lines):
        text = f" {line.casefold()} "
        expected = Counter(text[i : i + n] for n in (1, 2, 3) for i in range(len(text) - n + 1))
        counts = Counter(buckets[owners == index].tolist())
        assert sorted(counts.values()) == sorted(expected.values())
        for ngram in expected:  # its bucket does not depend on the rest of the line
            [bucket, *_] = character_ngrams([ngram])[0][_own_index(ngram)]
            assert bucket_of.setdefault(ngram, bucket) == bucket
            assert counts[bucket] == expected[ngram]


def _own_index(ngram: str) -> slice:
    """Return the index of the n-gram itself among the n-grams of the line " ngram "."""
    length = len(ngram)
    shorter = sum(length + 2 - n + 1 for n in range(1, length))
    return slice(shorter + 1, shorter + 2)


# The n-grams of " a ": a space twice, "a", " a", "a ", " a "; of " b " likewise.
LINES, LABELS = ["a", "A", "b"], [0, 0, 1]
FIRST, SECOND = (
    2 * 6 + FEATURE_BUCKETS,
    6 + FEATURE_BUCKETS,
)  # n-grams of each label, and one for each bucket


def test_the_probability_of_each_ngram_is_smoothed_by_one() -> None:
    space, letter = character_ngrams(["a"])[0][:2]

    model = NaiveBayes(LINES, LABELS, 2)

    np.testing.assert_allclose(np.exp(model.weights[space]), [5 / FIRST, 3 / SECOND], rtol=1e-5)
    np.testing.assert_allclose(np.exp(model.weights[letter]), [3 / FIRST, 1 / SECOND], rtol=1e-5)
    np.testing.assert_allclose(np.exp(model.prior), [3, 2])  # 2 lines and 1, and one more each


@pytest.mark.parametrize(
    ("line", "first", "second"),
    [
        # The prior, then the spaces, then the other n-grams; unseen ones have the count 1.
        ("a", 3 * 5**2 * 3**4, 2 * 3**2),
        ("b", 3 * 5**2, 2 * 3**2 * 2**4),
        ("ab", 3 * 5**2 * 3 * 3, 2 * 3**2 * 2 * 2),  # "a" and " a" against "b" and "b "
        ("bb", 3 * 5**2, 2 * 3**2 * 2**4),  # "b" twice, " b" and "b "
        ("z", 3 * 5**2, 2 * 3**2),
    ],
)
def test_the_most_probable_label_by_hand(line: str, first: int, second: int) -> None:
    model = NaiveBayes(LINES, LABELS, 2)

    [label] = model.classify([line])

    count = len(character_ngrams([line])[0])
    buckets = character_ngrams([line])[0]
    odds = np.exp((model.prior + model.weights[buckets].sum(0)) @ [1, -1])
    assert odds == pytest.approx(first / second * (SECOND / FIRST) ** count, rel=1e-3)
    assert label == (0 if first > second else 1)


def test_lines_are_classified_independently_and_labels_may_have_no_lines() -> None:
    model = NaiveBayes(LINES, LABELS, 3)

    assert model.classify(["b", "a", "b", ""]).tolist() == [1, 0, 1, 0]
    assert [int(model.classify([line])[0]) for line in ("b", "a", "b", "")] == [1, 0, 1, 0]
