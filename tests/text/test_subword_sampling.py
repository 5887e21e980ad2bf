"""Subword regularisation: probabilities worked by hand, and the same draws in every process."""

import math
import subprocess
import sys
from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.text.normalization import normalize
from seq2seq.text.subword_sampling import BpeDropoutSampler, UnigramSampler, Vocabulary, words
from seq2seq.text.tokenizer import Tokenizer
from seq2seq.text.tokenizer_training import train_tokenizer
from tests.toy_corpus import sentences

DRAWS = 5000
TEXT = [normalize(side) for pair in sentences() for side in pair]
DRAW_IN_A_PROCESS = """
from tests.text.test_subword_sampling import TEXT, tokenizer
for kind in ("unigram", "bpe"):
    print(tokenizer(kind).sample(TEXT[:50], 0.3, 11))
"""


def tokenizer(kind: str) -> Tokenizer:
    return train_tokenizer(TEXT, kind, 330, len(TEXT), len(TEXT) // 2).tokenizer


def vocabulary(scores: dict[str, float]) -> Vocabulary:
    ids = {piece: number for number, piece in enumerate(scores)}
    return Vocabulary(scores, ids, tuple(range(100, 356)))


def shares(
    sampler: UnigramSampler | BpeDropoutSampler, word: str, alpha: float
) -> dict[str, float]:
    random = Random(0)
    counts = Counter("|".join(sampler.sample(word, alpha, random)) for _ in range(DRAWS))
    return {segmentation: count / DRAWS for segmentation, count in counts.items()}


def assert_close(drawn: dict[str, float], expected: dict[str, float]) -> None:
    assert drawn.keys() == expected.keys()
    for segmentation, share in expected.items():
        deviation = math.sqrt(share * (1 - share) / DRAWS)
        assert abs(drawn[segmentation] - share) <= 4 * deviation, segmentation


def test_unigram_segmentations_are_drawn_by_their_smoothed_probability() -> None:
    scores = {"a": 0.4, "b": 0.2, "ab": 0.4}
    sampler = UnigramSampler(vocabulary({p: math.log(q) for p, q in scores.items()}))

    # p(ab) = 0.4 and p(a) p(b) = 0.08: 5 of 6. With alpha = 1/2: 0.6325 of 0.6325 + 0.2828.
    assert_close(shares(sampler, "ab", 1.0), {"ab": 5 / 6, "a|b": 1 / 6})
    assert_close(shares(sampler, "ab", 0.5), {"ab": 0.6910, "a|b": 0.3090})
    # alpha = 0: all segmentations of "abab" are equally likely.
    quarter = dict.fromkeys(("ab|ab", "ab|a|b", "a|b|ab", "a|b|a|b"), 0.25)
    assert_close(shares(sampler, "abab", 0.0), quarter)


def test_bpe_leaves_out_each_merge_with_probability_alpha() -> None:
    sampler = BpeDropoutSampler(vocabulary({"a": -3, "b": -4, "c": -5, "ab": 0, "abc": -1}))

    # "abc" takes both merges (0.7 * 0.7), "ab|c" the first alone (0.7 * 0.3).
    assert_close(shares(sampler, "abc", 0.3), {"abc": 0.49, "ab|c": 0.21, "a|b|c": 0.3})
    assert shares(sampler, "abc", 0.0) == {"abc": 1.0}
    assert shares(sampler, "abc", 1.0) == {"a|b|c": 1.0}


def test_bpe_merges_the_pair_with_the_highest_score_first() -> None:
    sampler = BpeDropoutSampler(vocabulary({"ab": -1, "bc": 0, "a": -3, "b": -4, "c": -5}))

    assert sampler.sample("abc", 0.0, Random(0)) == ["a", "bc"]


def test_a_character_that_is_no_piece_is_spelled_in_bytes() -> None:
    pieces = vocabulary({"a": -1.0})

    assert UnigramSampler(pieces).sample("aé", 1.0, Random(0)) == ["a", "é"]
    assert [pieces.encode(piece) for piece in ("a", "é")] == [[0], [100 + 0xC3, 100 + 0xA9]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("\u2581ab\u2581c", ["\u2581ab", "\u2581c"]),
        ("ab\u2581\u2581c\u2581", ["ab", "\u2581", "\u2581c", "\u2581"]),
    ],
)
def test_a_word_has_the_space_before_it(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(("kind", "alpha"), [("unigram", 1000.0), ("bpe", 0.0)])
def test_without_chance_the_segmentation_is_that_of_sentencepiece(kind: str, alpha: float) -> None:
    made = tokenizer(kind)
    lines = [*TEXT, "", "the 狐 jumps", "▁ dogs", "Über-große"]

    assert made.sample(lines, alpha, 1) == made.encode(lines)


@pytest.mark.parametrize("kind", ["unigram", "bpe"])
@given(line=st.text(st.characters(exclude_characters="\ue581\ue00a")).map(normalize))
def test_a_sampled_segmentation_is_the_same_text(kind: str, line: str) -> None:
    made = _TOKENIZERS[kind]

    assert made.decode(made.sample([line], 0.2, 5)) == [line]


_TOKENIZERS = {kind: tokenizer(kind) for kind in ("unigram", "bpe")}


def test_equal_seeds_draw_equal_segmentations_in_every_process() -> None:
    drawn = [
        subprocess.run(
            [sys.executable, "-c", DRAW_IN_A_PROCESS], capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    ]
    seeds = {str(_TOKENIZERS["bpe"].sample(TEXT[:50], 0.3, seed)) for seed in range(5)}

    assert drawn[0] == drawn[1]
    assert len(seeds) == 5
