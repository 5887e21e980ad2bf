"""Paired tests of two systems, and the sentences in which they differ."""

import pytest

from seq2seq.evaluation.comparison import compare_systems, most_changed
from seq2seq.evaluation.metrics import ScoreVariant


def test_the_p_value_of_a_system_that_is_better_in_every_resample_is_the_smallest() -> None:
    references = [f"a b c d {i}" for i in range(40)]
    worse = [f"a b x d {i}" for i in range(40)]

    for result in compare_systems(worse, references, references, "de", ["bleu", "chrf"], 99):
        assert result.value < result.other == pytest.approx(100)
        assert result.p == pytest.approx(1 / 100)  # none of 99 resamples, (0 + 1) / (99 + 1)
        assert "bs:99" in result.signature


def test_a_difference_of_one_sentence_is_not_significant() -> None:
    references = [f"a b c d {i}" for i in range(40)]
    first = [f"a b x d {i}" if i < 5 else r for i, r in enumerate(references)]
    second = [f"a b x d {i}" if i > 34 else r for i, r in enumerate(references)]

    [result] = compare_systems(
        first, [*second[:39], references[39]], references, "de", ["bleu"], 200
    )

    assert result.value < result.other
    assert result.p > 0.1


def test_the_p_value_of_equal_systems_is_one() -> None:
    lines, references = ["a b"] * 3, ["a c"] * 3
    for result in compare_systems(lines, lines, references, "de", ["bleu", "chrf", "ter"], 50):
        assert result.value == result.other
        assert result.p == 1.0


def test_the_sentences_that_changed_most_come_first() -> None:
    references = ["same", "gone", "come", "near"]
    first = ["same", "gone", "xxxx", "neax"]
    second = ["same", "xxxx", "come", "near"]

    changes = most_changed(first, second, references, 3)

    assert [(c.line, round(c.gain)) for c in changes[:2]] == [(2, -100), (3, 100)]
    assert changes[2].line == 4
    assert 0 < changes[2].gain < 100
    assert changes[1][2:] == ("xxxx", "come", "come")
    assert most_changed(first, second, references, 1) == changes[:1]


def test_equal_translations_are_no_change() -> None:
    assert most_changed(["a"], ["a"], ["b"], 10) == []


def test_a_comparison_takes_several_references_and_the_variant() -> None:
    references = [["a b c d", "e f g h"]] * 4

    [result] = compare_systems(
        ["E F G H"] * 4, ["A B C D"] * 4, references, "de", ["bleu"], 10, ScoreVariant(True)
    )

    assert result.value == result.other == pytest.approx(100)
    assert "nrefs:2" in result.signature
    assert most_changed(["e f g h"], ["a b x x"], [["a b c d", "e f g h"]], 1)[0].gain < 0
