"""The page cuts, normalises and joins text exactly as Python does, by node on lines made here."""

import io
from functools import cache
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import pytest
import sentencepiece as spm

from seq2seq.config.training import TRANSFORM_NAMES
from seq2seq.errors import ConfigError
from seq2seq.text.normalization import normalize
from seq2seq.text.repetition import repeated_phrases
from seq2seq.text.special_tokens import SYMBOLS
from seq2seq.text.tokenizer import ByteTokenizer, Tokenizer
from seq2seq.text.tokenizer_training import train_tokenizer
from seq2seq.text.transforms import TextTransforms
from seq2seq.text.truecase import Truecaser
from seq2seq.web.pieces import describe_tokenizer
from tests.web.made_lines import made_lines
from tests.web.page_functions import call_page, copy_page

LINES = made_lines(10_000)
# Kind, and whether a word gets a space before it at the beginning of a line.
TOKENIZERS = [
    ("unigram", True), ("unigram", False), ("bpe", True), ("char", True),
    ("byte", True),
]  # fmt: skip


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    copy_page(folder)
    return folder


@cache
def tokenizer_of(kind: str, sentences: bool) -> Tokenizer:
    """A tokenizer of a vocabulary too small for all characters, so that some are bytes."""
    lines = [normalize(line) for line in LINES[::10]]
    size = None if kind in ("char", "byte") else 500
    return train_tokenizer(lines, kind, size, len(lines), len(lines), sentences, SYMBOLS).tokenizer


@pytest.mark.parametrize(("kind", "sentences"), TOKENIZERS)
def test_pieces_of_10000_lines_are_those_of_sentencepiece(
    kind: str, sentences: bool, page: Path
) -> None:
    tokenizer = tokenizer_of(kind, sentences)
    described = describe_tokenizer(tokenizer)
    lines = [line for line in LINES if line.isprintable() or kind != "byte"]
    ids = tokenizer.encode(lines)
    random = Random(2)
    odd = [random.choices(range(tokenizer.vocab_size), k=9) for _ in range(2000)]

    found, texts, odd_texts = call_page(
        page,
        [
            ("encode", {"tokenizer": described, "lines": lines}),
            ("decode", {"tokenizer": described, "sentences": ids}),
            ("decode", {"tokenizer": described, "sentences": odd}),
        ],
    )

    assert found == ids
    assert texts == tokenizer.decode(ids)
    assert odd_texts == tokenizer.decode(odd)


def test_transforms_are_those_of_python(page: Path) -> None:
    names = list(TRANSFORM_NAMES)
    lists = [*([name] for name in names), names]

    found = call_page(page, [("transform", {"names": n, "lines": LINES}) for n in lists])

    assert found == [TextTransforms(n).apply(LINES) for n in lists]


def test_truecasing_is_that_of_python(page: Path, tmp_path: Path) -> None:
    truecaser = Truecaser.train(LINES[:500])
    truecaser.save(tmp_path / "forms")
    cased = [change(line) for line in LINES[:2000] for change in (str, str.upper, str.title)]
    cased += ["STRASSE ΟΔΟΣ", "ﬁne Words", "\U00010400\U00010401 ab"]

    (found,) = call_page(
        page, [("recase", {"forms": (tmp_path / "forms").read_text("utf-8"), "lines": cased})]
    )

    assert [tuple(each.values()) for each in found] == [truecaser(line) for line in cased]


def test_repetitions_are_counted_as_in_python(page: Path) -> None:
    words = ["a b", "b a", "c", "日本", "本本"]
    lines = [sep.join(parts) for sep in (" ", "") for parts in product(words, repeat=4)]

    (found,) = call_page(page, [("repetitions", {"lines": lines})])

    assert found == [repeated_phrases(line).total() for line in lines]


def joined(parts: list[dict[str, str]]) -> str:
    return "".join(part["text"] + part["blankAfter"] for part in parts)


def test_sentences_and_clauses_lose_nothing(page: Path) -> None:
    two = "  He is here.  She left! "
    lines = [*LINES[:300], two, "No. 1. is it", "a" * 60, "b, " * 30]

    sentences, clauses = call_page(
        page,
        [
            ("sentences", {"lines": lines, "language": "en"}),
            ("clauses", {"lines": lines, "longest": 20}),
        ],
    )

    assert [joined(parts) for parts in sentences] == lines
    assert [joined(parts) for parts in clauses] == lines
    texts: list[list[str]] = [[part["text"] for part in parts] for parts in sentences]
    assert texts[lines.index(two)] == ["", "He is here.", "She left!"]
    assert max(len(part["text"]) for parts in clauses for part in parts) <= 20


def test_a_tokenizer_that_changes_text_is_refused() -> None:
    model = io.BytesIO()
    spm.SentencePieceTrainer.train(
        sentence_iterator=iter(["a b c d"] * 9), model_writer=model, vocab_size=9, minloglevel=2,
        hard_vocab_limit=False,
    )  # fmt: skip

    with pytest.raises(ConfigError, match="the tokenizer of this run changes text"):
        describe_tokenizer(Tokenizer(model.getvalue()))


def test_bytes_need_no_pieces() -> None:
    described: dict[str, Any] = describe_tokenizer(ByteTokenizer())

    assert described == {"kind": "byte"}
