"""Languages of the sides, learnt from the corpus."""

import math

import numpy as np
import pytest

from seq2seq.data.side_languages import BUCKETS, SideLanguages, trigram_buckets
from tests.toy_corpus import sentences

PAIRS = sentences()
SOURCES, TARGETS = [pair[0] for pair in PAIRS], [pair[1] for pair in PAIRS]


def test_a_line_of_n_characters_has_n_trigrams_with_the_blanks_beside_it() -> None:
    buckets, starts = trigram_buckets(["Abc", "", "x", "ABC"])

    assert starts.tolist() == [0, 3, 3, 4, 7]
    assert buckets[:3].tolist() == buckets[4:].tolist()  # case makes no difference
    expected = (ord(" ") * 961 + ord("x") * 31 + ord(" ")) * 2654435761 % 2**32 >> 16
    assert buckets[3] == expected


def test_swapped_sides_and_a_side_in_the_other_language_are_found() -> None:
    languages = SideLanguages(SOURCES, TARGETS)

    found = languages.misplaced(
        [SOURCES[0], TARGETS[1], TARGETS[2], SOURCES[3], ""],
        [TARGETS[0], SOURCES[1], TARGETS[2], SOURCES[3], ""],
    )

    assert found["swapped"] == [1]
    assert found["language"] == [2, 3]


def test_no_pair_of_the_corpus_itself_is_misplaced() -> None:
    found = SideLanguages(SOURCES, TARGETS).misplaced(SOURCES, TARGETS)

    assert found["swapped"] == found["language"] == []


def test_text_in_neither_language_is_foreign() -> None:
    languages = SideLanguages(SOURCES, TARGETS)
    welsh = "mae\u2019r ci yn gweld y gath fach wen ar y bwrdd"

    assert languages.misplaced([SOURCES[0], welsh], TARGETS[:2])["foreign"] == [1]


@pytest.mark.parametrize("pairs", [0, 99])
def test_a_few_pairs_tell_nothing_about_languages(pairs: int) -> None:
    assert SideLanguages(SOURCES[:pairs], TARGETS[:pairs]).misplaced(TARGETS, SOURCES) == {}


def test_two_sides_in_one_language_are_not_told_apart() -> None:
    halves = SOURCES[::2], SOURCES[1::2]

    assert SideLanguages(*halves).misplaced(*halves) == {}


def test_a_trigram_that_is_not_in_the_text_costs_the_most() -> None:
    costs = SideLanguages(["aa"] * 100, ["b"] * 100).costs[0]

    # A hundred times each of two trigrams, " aa" and "aa ", and one more in each bucket.
    assert costs.max() == pytest.approx(math.log(200 + BUCKETS))
    assert np.isclose(costs, math.log((200 + BUCKETS) / 101), atol=1e-4).sum() == 2
