"""Words, and tokens in them."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.text.special_tokens import BOS, EOS
from seq2seq.text.tokenizer import ByteTokenizer, Tokenizer
from seq2seq.text.tokenizer_training import train_tokenizer
from seq2seq.text.words import find_words, ranges_in, spread, token_ranges
from tests.toy_corpus import sentences


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    lines = [side for pair in sentences() for side in pair]
    return train_tokenizer(lines, "unigram", 370, len(lines), len(lines) // 2).tokenizer


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        (" the dog\u00a0sees. ", ["the", "dog", "sees."]),
        ("犬が3.5km走る。", ["犬", "が", "3.5km", "走", "る", "。"]),
        ("ที่ x", ["ที่", "x"]),  # marks belong to their letter
        ("مرحبا، عالم", ["مرحبا،", "عالم"]),
        ("한국어 글", ["한국어", "글"]),
    ],
)
def test_words_of_a_text(text: str, words: list[str]) -> None:
    assert [text[start:end] for start, end in find_words(text)] == words


@given(text=st.text(max_size=30))
def test_words_have_every_visible_character_once(text: str) -> None:
    words = find_words(text)

    assert "".join(text[start:end] for start, end in words) == "".join(text.split())


def test_tokens_of_bytes_have_the_range_of_their_character() -> None:
    tokenizer = ByteTokenizer()
    (ids,) = tokenizer.encode(["é a"])

    text, ranges = token_ranges(tokenizer, [BOS, *ids, EOS])

    assert text == "é a"
    assert ranges == [(0, 0), (0, 1), (0, 1), (1, 2), (2, 3), (3, 3)]


def test_tokens_that_are_no_text_have_ranges_too() -> None:
    tokenizer = ByteTokenizer()

    _, ranges = token_ranges(
        tokenizer, [tokenizer.encode(["é"])[0][0], tokenizer.encode(["a"])[0][0]]
    )

    assert ranges == [(0, 1), (1, 2)]


@given(text=st.text(max_size=20))
def test_pieces_spell_their_text(tokenizer: Tokenizer, text: str) -> None:
    (ids,) = tokenizer.encode([text])

    spelled, ranges = token_ranges(tokenizer, ids)

    assert spelled.split() == tokenizer.decode([ids])[0].split()
    assert len(ranges) == len(ids)
    if ids:
        assert (ranges[0][0], ranges[-1][1]) == (0, len(spelled))


def test_a_range_is_spread_over_the_words_that_it_touches() -> None:
    words = [(0, 3), (4, 6)]

    shares = spread([(0, 3), (2, 6), (3, 4), (6, 7)], words)

    expected = torch.tensor([[1, 0], [1 / 3, 2 / 3], [0, 1], [0, 1]])
    torch.testing.assert_close(shares, expected)


@pytest.mark.parametrize(
    ("spelled", "text", "ranges", "expected"),
    [
        (" the dog", "the\u00a0Dog", [(0, 4), (4, 8)], [(0, 3), (4, 7)]),
        ("the dog", "the <b> dog", [(0, 3), (3, 7)], [(0, 3), (8, 11)]),  # an inserted span
        ("abc", "ab", [(0, 1), (2, 3)], [(0, 1), (1, 2)]),
        ("a", "", [(0, 1)], [(0, 0)]),
        ("a  b", "a b", [(1, 3)], [(2, 2)]),  # blanks are before the next character
    ],
)
def test_ranges_in_another_spelling(
    spelled: str, text: str, ranges: list[tuple[int, int]], expected: list[tuple[int, int]]
) -> None:
    assert ranges_in(spelled, ranges, text) == expected
