"""Corpora that are damaged, odd or made to harm end in one line, or are read for what is sound."""

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest

from seq2seq.config.protect import ProtectOptions
from seq2seq.config.training import (
    CleaningOptions,
    HeldOutOptions,
    TokenizerOptions,
)
from seq2seq.data.corpus import ParallelCorpus
from seq2seq.data.prepare_parallel import prepare_parallel
from seq2seq.data.readers.jsonl import jsonl
from seq2seq.data.readers.parallel import parallel
from seq2seq.data.readers.tsv import tsv
from seq2seq.errors import TextError
from seq2seq.text.lines import MAX_LINE_BYTES, read_lines
from seq2seq.text.tokenizer_training import train_tokenizer
from tests.posix import needs_posix
from tests.toy_corpus import write_corpus

JAPANESE = "".join(chr(0x4E00 + n) for n in range(1400))  # as many ideographs


@needs_posix
def test_a_pipe_as_a_corpus_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "train.tsv")

    with pytest.raises(TextError, match="is a pipe, not a file"):
        tsv(str(tmp_path), "train.tsv", None, None, 1, 2, "en", "de", "unknown")


@needs_posix
def test_a_pipe_as_one_of_two_files_is_not_taken_for_a_missing_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "train.en")
    (tmp_path / "train.de").write_text("eins\n", encoding="utf-8")
    about: dict[str, Any] = {"source": "en", "target": "de", "licence": "unknown"}

    with pytest.raises(TextError, match=r"train\.en is a pipe, not a file"):
        parallel(str(tmp_path), "train", None, None, **about)

    (tmp_path / "train.en.gz").write_bytes(gzip.compress(b"one\n"))  # a file comes first
    corpus = parallel(str(tmp_path), "train", None, None, **about)
    assert [pair.source for pair in corpus.splits["train"]] == ["one"]


def test_a_line_without_an_end_does_not_fill_the_memory(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "bomb.en.gz", "wb", compresslevel=1) as file:
        for _ in range(MAX_LINE_BYTES // 2**20 + 1):
            file.write(b"x" * 2**20)

    with pytest.raises(TextError, match=r"bomb\.en\.gz, line 1, is longer than 64 MiB"):
        list(read_lines(tmp_path / "bomb.en.gz"))


def test_json_nested_deep_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "train.jsonl").write_text('{"en": ' + "[" * 10_000 + "]" * 10_000 + "}\n")
    corpus = jsonl(str(tmp_path), "train.jsonl", None, None, "en", "de", "en", "de", "unknown")

    with pytest.raises(TextError, match=r"train\.jsonl, line 1") as caught:
        list(corpus.splits["train"])

    assert "\n" not in str(caught.value)


def test_a_null_is_a_blank_side(tmp_path: Path) -> None:
    rows = [{"en": "one", "de": "eins"}, {"en": "two", "de": None}]
    (tmp_path / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    corpus = jsonl(str(tmp_path), "train.jsonl", None, None, "en", "de", "en", "de", "unknown")

    assert [pair.target for pair in corpus.splits["train"]] == ["eins", ""]


def test_a_small_text_of_many_characters_gets_the_vocabulary_that_it_needs() -> None:
    lines = [JAPANESE[n : n + 20] for n in range(0, 1400, 10)] * 3

    made = train_tokenizer(lines, "unigram", None, len(lines), len(lines), sentences=True)

    assert made.tokenizer.vocab_size > 1400
    [notice] = made.notices
    assert "pieces (words and parts of words), more than the usual 1,000: each" in notice
    assert made.tokenizer.decode(made.tokenizer.encode(lines[:3])) == lines[:3]


def prepared(corpus: ParallelCorpus, cache: Path) -> list[str]:
    options = TokenizerOptions(vocab_size=330)
    heldout = HeldOutOptions(validation=5, test=5)
    made = prepare_parallel(corpus, CleaningOptions(), heldout, options, cache, ProtectOptions())
    return [str(text) for text in made.train["source"]]


@pytest.mark.parametrize("name", ["train.arrow", "source.model", "prepared.json"])
@pytest.mark.parametrize("damage", [None, b"", b"garbage", "half"])
def test_a_damaged_cache_is_built_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str, damage: bytes | str | None
) -> None:
    write_corpus(tmp_path)
    corpus = parallel(str(tmp_path), "train", None, None, "en", "de", "unknown")
    before = prepared(corpus, tmp_path / "cache")
    [folder] = (tmp_path / "cache" / "prepared").iterdir()
    if damage is None:
        (folder / name).unlink()
    else:
        whole = (folder / name).read_bytes()
        half = whole[: len(whole) // 2]
        (folder / name).write_bytes(damage if isinstance(damage, bytes) else half)

    assert prepared(corpus, tmp_path / "cache") == before

    if not (damage is None and name == "prepared.json"):  # without it the folder is not there
        assert "is damaged and is built again" in caplog.text
