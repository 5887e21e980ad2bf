"""Noise in words: deleted, blanked and moved ones."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.config.synthesis import NoiseOptions
from seq2seq.text.word_noise import BLANKED, noised

WORDS = st.lists(st.sampled_from(["a", "Haus", "{n}", "und", "."]), min_size=1, max_size=12)


@given(WORDS, st.integers(0, 99), st.integers(1, 4))
def test_of_two_words_too_far_apart_the_first_stays_first(
    words: list[str], seed: int, swap: int
) -> None:
    numbered = [f"{word}{index}" for index, word in enumerate(words)]
    text = " ".join(numbered)

    moved = noised(text, NoiseOptions(swap=swap), Random(seed)).split(" ")

    assert sorted(moved) == sorted(numbered)
    for index, word in enumerate(numbered):
        for later in numbered[index + swap + 1 :]:
            assert moved.index(word) < moved.index(later)


@given(WORDS, st.integers(0, 99))
def test_deleting_keeps_the_order_and_at_least_a_word(words: list[str], seed: int) -> None:
    kept = noised(" ".join(words), NoiseOptions(delete=0.9), Random(seed)).split(" ")

    assert kept
    rest = iter(words)
    assert all(word in rest for word in kept)  # a subsequence


def test_shares_of_deleted_and_blanked_words_are_those_asked_for() -> None:
    text = " ".join(str(number) for number in range(10_000))

    fewer = noised(text, NoiseOptions(delete=0.1), Random(1)).split(" ")
    blanked = noised(text, NoiseOptions(blank=0.2), Random(1)).split(" ")

    assert len(fewer) == pytest.approx(9000, abs=100)
    assert blanked.count(BLANKED) == pytest.approx(2000, abs=150)
    assert len(blanked) == 10_000


def test_spans_are_neither_cut_nor_deleted_nor_blanked() -> None:
    text = 'see <a href="x y">this</a> now'
    spans = [(4, 18), (22, 26)]

    for seed in range(20):
        changed = noised(text, NoiseOptions(0.5, 0.5, 2), Random(seed), spans)
        assert '<a href="x y">' in changed
        assert "</a>" in changed


def test_characters_of_scripts_without_blanks_are_words() -> None:
    text = "私は本を読む"
    changed = noised(text, NoiseOptions(delete=0.4), Random(2))

    assert 0 < len(changed) < len(text)
    assert " " not in changed
    assert noised("読む book 本", NoiseOptions(swap=0, delete=1e-9), Random(1)) == "読む book 本"


def test_noise_that_is_off_changes_nothing() -> None:
    assert NoiseOptions().is_off
    assert noised("a  b", NoiseOptions(), Random(1)) == "a b"
