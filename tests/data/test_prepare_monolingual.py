"""Running text: its held-out splits, and decoding back to the same text."""

from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.config.training import TokenizerOptions
from seq2seq.data.corpus import SPLITS, TextCorpus
from seq2seq.data.prepare_monolingual import PreparedText, prepare_monolingual, split_text
from seq2seq.errors import TextError

MODULE = "seq2seq.data.prepare_monolingual"
SHARE = 0.05
WORDS = ["the", "dog", "sees", "a", "house", "ä", "🦊", "▁", "  and"]


def words(characters: int) -> str:
    """So many characters of words, without a line break."""
    random = Random(1)
    return " ".join(random.choice(WORDS) for _ in range(characters))[:characters]


def text_of(lines: list[str], **held: list[str]) -> TextCorpus:
    return TextCorpus({"train": lines, **held}, "our own", {"train": str(len(lines))})


def prepared(text: TextCorpus, kind: str, cache: Path, share: float = SHARE) -> PreparedText:
    size = 400 if kind == "unigram" else None
    return prepare_monolingual(text, TokenizerOptions(kind=kind, vocab_size=size), share, cache)


def back(stream: PreparedText) -> dict[str, str]:
    return {name: "".join(stream.text(name)) for name in SPLITS}


@pytest.mark.parametrize("kind", ["char", "byte", "unigram", "bpe"])
@pytest.mark.parametrize("count", [1, 2, 7])
def test_a_text_of_a_few_long_lines_is_split_and_tokenised(
    kind: str, count: int, cache: Path
) -> None:
    line = words(23_000)
    lines = [line[place::count] for place in range(count)]

    stream = prepared(text_of(lines), kind, cache)

    found = back(stream)
    whole = "".join(f"{line}\n" for line in lines)
    assert "".join(found.values()) == whole
    assert {name: len(text) for name, text in found.items()} == stream.characters
    for name in ("validation", "test"):
        assert abs(stream.characters[name] - SHARE * len(whole)) <= 1
    if kind == "char" and count > 1:  # of one line, training has not seen the end
        assert {n: len(stream.tokens[n]) for n in SPLITS} == stream.characters


def test_short_lines_are_never_cut(cache: Path) -> None:
    lines = [words(20 + n * 7 % 50) for n in range(400)]

    found = back(prepared(text_of(lines), "byte", cache))

    whole = "".join(f"{line}\n" for line in lines)
    assert "".join(found.values()) == whole
    for name in ("validation", "test"):
        assert found[name].endswith("\n")
        assert found[name].split("\n")[0] in lines
        assert abs(len(found[name]) - SHARE * len(whole)) < 70


LINE = st.text("ab\r", max_size=30)


@given(
    st.lists(LINE, min_size=1, max_size=12),
    st.sampled_from([0.05, 0.2, 0.45]),
    st.sampled_from([{}, {"validation": ["own"]}, {"test": ["own"]}]),
)
def test_the_splits_of_a_text_joined_are_the_text(
    lines: list[str], share: float, held: dict[str, list[str]]
) -> None:
    found = {k: "".join(part) for k, part in split_text(text_of(lines, **held), share).items()}

    whole = "".join(f"{line}\n" for line in lines)
    own = [found[name] for name in SPLITS if name not in held]
    assert list(found) == list(SPLITS)
    assert "".join(own) == whole
    assert all(found[name] == "own\n" for name in held)
    if len(whole) * share >= 3:
        assert all(own)
    # A line break does not begin a part, unless its line is empty.
    for before, after in pairwise(own):
        if before and after.startswith("\n"):
            assert before.endswith("\n")


def test_the_held_out_part_of_a_large_text_is_bounded(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"{MODULE}.MAX_HELD_OUT", 1000)
    lines = [words(49)] * 2000  # 100,000 characters

    stream = prepared(text_of(lines), "char", cache)

    assert stream.characters == {"train": 98_000, "validation": 1000, "test": 1000}


def test_decoded_chunks_joined_are_the_text(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = words(5000)
    stream = prepared(text_of([line]), "byte", cache)
    monkeypatch.setattr(f"{MODULE}.CHUNK_LENGTH", 7)  # bytes: in the midst of a fox or of an umlaut

    pieces = list(stream.text("train"))

    assert line.startswith("".join(pieces))
    assert len("".join(pieces)) == stream.characters["train"]
    assert all(7 <= len(piece.encode()) <= 10 for piece in pieces[:-1])


@pytest.mark.parametrize(
    ("held", "name", "tokens"),
    [
        ({"validation": ["a"], "test": ["long enough"]}, "validation", 2),
        ({"validation": ["long enough"], "test": [""]}, "test", 1),
        ({"validation": [], "test": ["long enough"]}, "validation", 0),
        ({}, "validation", 2),
    ],
)
def test_a_text_that_is_too_short_is_refused(
    held: dict[str, list[str]], name: str, tokens: int, cache: Path
) -> None:
    with pytest.raises(TextError, match=f"the {name} text is too short: {tokens} of 5"):
        prepared(text_of(["forty characters of text in just one line"], **held), "byte", cache)
    with pytest.raises(TextError, match="the train text is too short: 3 of 5 tokens"):
        prepared(text_of(["ab"], validation=["abcde"], test=["abcde"]), "byte", cache)
