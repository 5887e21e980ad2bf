"""Documents of sentences, as readers report them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pytest
from pyarrow import parquet as files

from seq2seq.data.corpus import ParallelCorpus
from seq2seq.data.readers.huggingface import huggingface
from seq2seq.data.readers.jsonl import jsonl
from seq2seq.data.readers.parallel import parallel
from seq2seq.data.readers.parquet import parquet
from seq2seq.data.readers.tsv import tsv
from seq2seq.errors import TextError

ABOUT = {"source": "en", "target": "de", "licence": "CC0"}
ROWS = [
    {"en": "one", "de": "eins", "of": {"book": "a", "chapter": 1}},
    {"en": "two", "de": "zwei", "of": {"book": "b", "chapter": 2}},
]


def documents(corpus: ParallelCorpus) -> list[str | None]:
    return [pair.document for pair in corpus.splits["train"]]


def read_tsv(folder: Path, document: Any) -> ParallelCorpus:
    lines = [f"{r['en']}\t{r['of']['book']}\t{r['de']}\t{r['of']['chapter']}\n" for r in ROWS]  # type: ignore[index]
    (folder / "train.tsv").write_text("".join(lines), encoding="utf-8")
    column = {"of.book": 2, "of.chapter": 4, None: None}[document]
    return tsv(str(folder), "train.tsv", None, None, 1, 3, **ABOUT, document_column=column)


def read_jsonl(folder: Path, document: Any) -> ParallelCorpus:
    (folder / "train.jsonl").write_text("\n".join(map(json.dumps, ROWS)), encoding="utf-8")
    return jsonl(
        str(folder), "train.jsonl", None, None, "en", "de", **ABOUT, document_field=document
    )


def read_parquet(folder: Path, document: Any) -> ParallelCorpus:
    files.write_table(pa.Table.from_pylist(ROWS), folder / "train.parquet")
    return parquet(
        str(folder), "train.parquet", None, None, "en", "de", **ABOUT, document_field=document
    )


def read_saved(folder: Path, document: Any) -> ParallelCorpus:
    datasets.DatasetDict({"train": datasets.Dataset.from_list(ROWS)}).save_to_disk(str(folder))
    return huggingface(
        str(folder), None, None, ["train"], ["validation"], ["test"], None, None, **ABOUT,
        document_field=document,
    )  # fmt: skip


READERS = [read_tsv, read_jsonl, read_parquet, read_saved]


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize(
    ("document", "found"),
    [("of.book", ["a", "b"]), ("of.chapter", ["1", "2"]), (None, [None, None])],
)
def test_a_document_is_a_column_of_text_or_of_numbers(
    read: Callable[..., ParallelCorpus],
    document: str | None,
    found: list[str | None],
    tmp_path: Path,
) -> None:
    corpus = read(tmp_path, document)

    assert documents(corpus) == found
    assert [tuple(pair[:2]) for pair in corpus.splits["train"]] == [
        ("one", "eins"),
        ("two", "zwei"),
    ]


@pytest.mark.parametrize("read", READERS)
def test_the_field_of_the_document_is_part_of_the_fingerprint(
    read: Callable[..., ParallelCorpus], tmp_path: Path
) -> None:
    plain, named = tmp_path / "plain", tmp_path / "named"
    for folder in (plain, named):
        folder.mkdir()

    assert list(read(plain, None).origin) != list(read(named, "of.book").origin)


def test_a_missing_document_field_is_reported(tmp_path: Path) -> None:
    with pytest.raises(TextError, match=r"line 1 has no field of\.page; it has book, chapter"):
        documents(read_jsonl(tmp_path, "of.page"))


def test_blank_lines_separate_the_documents_of_parallel_files(tmp_path: Path) -> None:
    (tmp_path / "train.en").write_text("one\ntwo\n\nthree\n\n\nfour\n", encoding="utf-8")
    (tmp_path / "train.de").write_text("eins\nzwei\n \ndrei\n\n\nvier\n", encoding="utf-8")

    plain, separated = (
        parallel(str(tmp_path), "train", None, None, **ABOUT, documents=has_documents)
        for has_documents in (False, True)
    )

    found = [(pair.source, pair.document) for pair in separated.splits["train"]]
    assert found == [("one", "1"), ("two", "1"), ("three", "2"), ("four", "4")]
    assert len(documents(plain)) == 7
    assert set(documents(plain)) == {None}
    assert list(plain.origin) == ["train: train.en", "train: train.de"]
    assert plain.origin != separated.origin
