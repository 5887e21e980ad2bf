"""Parallel files, TSV, JSON lines and Parquet."""

import gzip
import hashlib
import json
import lzma
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from seq2seq.data.corpus import ParallelCorpus
from seq2seq.data.readers.files import is_renamed
from seq2seq.data.readers.jsonl import jsonl
from seq2seq.data.readers.labelled import labelled
from seq2seq.data.readers.parallel import parallel
from seq2seq.data.readers.parquet import parquet
from seq2seq.data.readers.text import text
from seq2seq.data.readers.tsv import tsv
from seq2seq.errors import ConfigError, TextError

ABOUT: dict[str, Any] = {"source": "en", "target": "de", "licence": "our own"}


def rows(corpus: ParallelCorpus, split: str = "train") -> list[tuple[str, str]]:
    return [(pair.source, pair.target) for pair in corpus.splits[split]]


def flaws(corpus: ParallelCorpus) -> list[str]:
    found = (pair.flaw for pair in corpus.splits["train"] if pair.flaw)
    return [f"{flaw.kind}: {flaw.message.rpartition('/')[2].partition(', ')[2]}" for flaw in found]


def read_parallel(folder: Path, train: str | list[str] = "train", **more: Any) -> ParallelCorpus:
    held = {"validation": None, "test": None, **more}
    return parallel(path=str(folder), train=train, **held, **ABOUT)


def test_line_n_is_the_translation_of_line_n(tmp_path: Path) -> None:
    (tmp_path / "train.en").write_bytes("one\r\ntwo\u2028\n".encode())
    (tmp_path / "train.de").write_text("eins\nzwei", encoding="utf-8")
    (tmp_path / "dev.en.gz").write_bytes(gzip.compress(b"three\n"))
    (tmp_path / "dev.de.xz").write_bytes(lzma.compress(b"drei\n"))

    corpus = read_parallel(tmp_path, validation="dev")

    assert rows(corpus) == [("one", "eins"), ("two\u2028", "zwei")]
    assert rows(corpus) == rows(corpus)  # a second iteration reads the files again
    assert rows(corpus, "validation") == [("three", "drei")]
    assert (corpus.source, corpus.target, corpus.licence) == ("en", "de", "our own")
    assert sorted(corpus.origin) == [
        "train: train.de", "train: train.en", "validation: dev.de.xz", "validation: dev.en.gz",
    ]  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-16", "windows-1252"])
def test_files_in_another_encoding_are_another_corpus(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "train.en").write_text("German\ngirl\n", encoding=encoding)
    (tmp_path / "train.de").write_text("Deutsch\nM\u00e4dchen\n", encoding=encoding)
    (tmp_path / "train.tsv").write_text("English\tGerman\ngirl\tM\u00e4dchen\n", encoding=encoding)

    corpus = read_parallel(tmp_path, encoding=encoding)
    assert rows(corpus) == [("German", "Deutsch"), ("girl", "M\u00e4dchen")]
    assert sorted(corpus.origin) == [f"train: train.de {encoding}", f"train: train.en {encoding}"]

    table = tsv(str(tmp_path), "train.tsv", None, None, 1, 2, **ABOUT, encoding=encoding)
    assert rows(table) == [("girl", "M\u00e4dchen")]
    assert list(table.origin) == [f"train: train.tsv 1 2 None header {encoding}"]


def test_both_files_can_be_named(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one\n")
    (tmp_path / "b.txt").write_text("eins\n")

    assert rows(read_parallel(tmp_path, ["a.txt", "b.txt"])) == [("one", "eins")]
    with pytest.raises(TextError, match="a prefix or two files"):
        read_parallel(tmp_path, ["a.txt"])


@pytest.mark.parametrize("longer", ["en", "de"])
def test_unequal_line_counts_name_both(tmp_path: Path, longer: str) -> None:
    for language in ("en", "de"):
        text = "x\n" * (5 if language == longer else 3)
        (tmp_path / f"train.{language}").write_text(text)

    counts = "5 lines and .* has 3" if longer == "en" else "3 lines and .* has 5"
    with pytest.raises(TextError, match=counts):
        rows(read_parallel(tmp_path))


def test_blank_lines_at_the_end_of_one_file_are_blank_pairs(tmp_path: Path) -> None:
    (tmp_path / "train.en").write_text("one\n")
    (tmp_path / "train.de").write_text("eins\n\n \n")

    assert rows(read_parallel(tmp_path)) == [("one", "eins"), ("", ""), ("", "")]


def test_a_header_of_two_files_is_no_pair(tmp_path: Path) -> None:
    (tmp_path / "train.en").write_text("English\none\n")
    (tmp_path / "train.de").write_text("German\neins\n")

    corpus = read_parallel(tmp_path)
    assert flaws(corpus) == ["header line: line 1, names the languages"]
    assert sorted(corpus.origin) == ["train: train.de header", "train: train.en header"]

    (tmp_path / "train.de").write_text("Guten Tag\neins\n")
    assert flaws(read_parallel(tmp_path)) == []


def test_a_missing_file_of_a_pair_is_named(tmp_path: Path) -> None:
    (tmp_path / "train.en").write_text("one\n")

    with pytest.raises(TextError, match=r"there is no file .*train\.de"):
        read_parallel(tmp_path)


def test_other_text_has_another_fingerprint(tmp_path: Path) -> None:
    for language in ("en", "de"):
        (tmp_path / f"train.{language}").write_text("one\n")
    before = read_parallel(tmp_path).origin

    (tmp_path / "train.de").write_text("eins\n")
    after = read_parallel(tmp_path).origin

    assert before["train: train.en"] == after["train: train.en"]
    assert before["train: train.de"] != after["train: train.de"]


def test_two_named_files_that_are_swapped_are_another_corpus(tmp_path: Path) -> None:
    for name in ("my.en", "my.de", "a.txt", "b.txt", "my.en.gz", "my.de.gz"):
        packed = gzip.compress(b"one\n") if name.endswith(".gz") else b"one\n"
        (tmp_path / name).write_bytes(packed)

    for right in (["my.en", "my.de"], ["a.txt", "b.txt"], ["my.en.gz", "my.de.gz"]):
        one, other = (read_parallel(tmp_path, names).origin for names in (right, right[::-1]))
        assert list(one) == [f"train: {name}" for name in right]  # as it always was
        assert dict(one) != dict(other)


def test_files_of_one_name_in_two_folders_are_both_in_the_fingerprint(tmp_path: Path) -> None:
    for number, name in enumerate(("en", "de")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "text.txt").write_text(f"{number}\n")

    parallel_origin = read_parallel(tmp_path, ["en/text.txt", "de/text.txt"]).origin
    paths = [str(tmp_path / name / "text.txt") for name in ("en", "de")]
    text_origin = text(paths, None, None, "our own").origin

    for origin in (parallel_origin, text_origin):
        assert list(origin) == ["train: text.txt", "train: text.txt (2)"]
        assert len(set(origin.values())) == 2


def test_the_same_bytes_under_other_names_are_renamed_and_nothing_else_is() -> None:
    before = {"train: a.en": "1", "train: a.de": "2", "test: t.tsv 1 2": "3"}

    assert is_renamed(before, {"train: b.en": "1", "train: c": "2", "test: u.tsv 1 2": "3"})
    assert not is_renamed(before, dict(before))  # then something else has changed
    assert not is_renamed(before, {"train: b.en": "1", "train: b.de": "9", "test: t.tsv 1 2": "3"})
    assert not is_renamed(before, {"train: a.de": "2", "train: a.en": "1", "test: t.tsv 1 2": "3"})
    assert not is_renamed(before, {"train: b.en": "1", "train: b.de": "2", "validation: t": "3"})
    assert not is_renamed(before, {"train: b.en": "1", "train: b.de": "2"})


@pytest.mark.parametrize("split", ["validation", "test"])
@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b" \n\n\t\n", gzip.compress(b"")],
    ids=["nothing", "a line break", "blanks", "gz"],  # gz holds the time
)
def test_an_empty_file_for_validation_or_test_is_refused_by_every_reader(
    tmp_path: Path, split: str, content: bytes
) -> None:
    held_out = {"validation": None, "test": None}
    for name in ("train.en", "train.de", "train.tsv", "train.jsonl"):
        row = '{"en": "one", "de": "eins"}\n' if name.endswith("l") else "one\ten\n"
        (tmp_path / name).write_text(row)
    for name in ("dev.en", "dev.de", "dev.tsv", "dev.jsonl"):
        (tmp_path / name).write_bytes(content)
    folder = str(tmp_path)
    more = {"source_field": "en", "target_field": "de", **ABOUT}
    columns = {"source_column": 1, "target_column": 2, **ABOUT}

    def options(name: str) -> dict[str, Any]:
        return held_out | {split: name}

    readers: list[tuple[str, Callable[[], Any]]] = [
        ("dev.en", lambda: parallel(folder, "train", **options("dev"), **ABOUT)),
        ("dev.tsv", lambda: tsv(folder, "train.tsv", **options("dev.tsv"), **columns)),
        ("dev.jsonl", lambda: jsonl(folder, "train.jsonl", **options("dev.jsonl"), **more)),
        ("dev.tsv", lambda: labelled(folder, "train.tsv", **options("dev.tsv"), licence="our own")),
        ("dev.en", lambda: text(f"{folder}/train.en", **options(f"{folder}/dev.en"), licence="x")),
    ]
    for name, reading in readers:
        with pytest.raises(TextError, match=rf"{name} .*is the {split} text") as caught:
            reading()
        assert f"data.{split}=null" in str(caught.value)
        assert "\n" not in str(caught.value)


def test_an_empty_parquet_file_for_validation_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"en": ["one"], "de": ["eins"]}), tmp_path / "train.parquet")
    empty = pa.table({"en": pa.array([], pa.string()), "de": pa.array([], pa.string())})
    pq.write_table(empty, tmp_path / "dev.parquet")

    with pytest.raises(TextError, match=r"dev\.parquet is empty, and is the validation text"):
        parquet(str(tmp_path), "train.parquet", "dev.parquet", None, "en", "de", **ABOUT)


def read_tsv(folder: Path, source: int = 1, target: int = 2) -> ParallelCorpus:
    return tsv(
        path=str(folder), train="train.tsv", validation=None, test=None,
        source_column=source, target_column=target, **ABOUT,
    )  # fmt: skip


def test_tsv_has_no_quoting_and_no_missing_values(tmp_path: Path) -> None:
    (tmp_path / "train.tsv").write_text(
        'He said "yes"\tEr sagte "ja"\tmore\n"open\tauf\tx\nNA\tnull\tx\n\\t\t\\n\tx\n',
        encoding="utf-8",
    )

    assert rows(read_tsv(tmp_path)) == [
        ('He said "yes"', 'Er sagte "ja"'),
        ('"open', "auf"),
        ("NA", "null"),
        ("\\t", "\\n"),
    ]
    assert rows(read_tsv(tmp_path, 3, 1))[0] == ("more", 'He said "yes"')


def test_a_line_with_too_few_columns_is_named(tmp_path: Path) -> None:
    (tmp_path / "train.tsv").write_text("a\tb\nalone\nc\td\n")

    assert flaws(read_tsv(tmp_path)) == ["columns: line 2, has 1 columns, not 2"]

    (tmp_path / "train.tsv").write_text("alone\na\tb\nalone\n")
    with pytest.raises(TextError, match="line 1, has 1 columns, not 2"):  # as most rows
        rows(read_tsv(tmp_path))


@pytest.mark.parametrize("column", [0, -1])
def test_columns_are_counted_from_1(tmp_path: Path, column: int) -> None:
    (tmp_path / "train.tsv").write_text("a\tb\n")

    with pytest.raises(ConfigError, match=rf"data.target_column is counted from 1, not {column}"):
        read_tsv(tmp_path, 1, column)


def records(
    read: Callable[..., ParallelCorpus], folder: Path, file: str, *fields: str
) -> ParallelCorpus:
    return read(
        path=str(folder), train=file, validation=None, test=None,
        source_field=fields[0], target_field=fields[1], **ABOUT,
    )  # fmt: skip


def test_json_lines_with_plain_and_dotted_fields(tmp_path: Path) -> None:
    lines = [
        {"en": "one", "t": {"de": "eins"}},
        {"en": "two\nlines", "t": {"de": "zwei\r\nZeilen"}},  # a line break would be a new line
    ]
    text = "\n\n".join(json.dumps(line) for line in lines)  # blank lines are skipped
    (tmp_path / "train.jsonl.gz").write_bytes(gzip.compress(text.encode()))

    corpus = records(jsonl, tmp_path, "train.jsonl.gz", "en", "t.de")

    assert rows(corpus) == [("one", "eins"), ("two lines", "zwei Zeilen")]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"en": "one"', "line 2, column 13 is not JSON"),
        ('{"en": "one", "fr": "un"}', "line 2 has no field de; it has en, fr"),
        ('{"en": "one", "de": 1}', "line 2: de is not text but 1"),
        ('["en"]', "line 2 has no field en; it has list"),
        ("{}", "line 2 has no field en; it has none"),
        ('{"en": "one", "\\u001b[31m": 1}', r"no field de; it has en, \\x1b\[31m$"),
        ('{"en": "one", "de": "' + "\\\\u001b" + '"', r"is not JSON"),
        ('{"en": "one", "de": ["\\u001b[31m"]}', r"de is not text but \[.*x1b\[31m"),
        (r'{"en": "one", "de": "\ud800!"}', r"train\.jsonl, line 2 has half of a surrogate pair"),
    ],
)
def test_a_record_without_its_text_is_named_with_its_line(
    tmp_path: Path, line: str, message: str
) -> None:
    (tmp_path / "train.jsonl").write_text('{"en": "a", "de": "b"}\n' + line + "\n")

    corpus = records(jsonl, tmp_path, "train.jsonl", "en", "de")

    good, bad = corpus.splits["train"]
    assert good.flaw is None
    assert bad.flaw is not None
    assert re.search(message, bad.flaw.message)
    assert (bad.file, bad.line) == (str(tmp_path / "train.jsonl"), 2)

    (tmp_path / "train.jsonl").write_text(line + "\n")  # now there is no other record
    with pytest.raises(TextError, match=message.replace("line 2", "line 1")):
        list(corpus.splits["train"])


def test_a_field_that_the_first_hundred_records_lack_is_told_before_the_rest_is_read(
    tmp_path: Path,
) -> None:
    lines = ['{"en": "one"}'] * 100 + ['{"en": "one", "de": "eins"}']
    (tmp_path / "train.jsonl").write_text("\n".join(lines))

    with pytest.raises(TextError, match="line 1 has no field de; it has en"):
        rows(records(jsonl, tmp_path, "train.jsonl", "en", "de"))


def test_a_surrogate_pair_is_one_character(tmp_path: Path) -> None:
    (tmp_path / "train.jsonl").write_text(r'{"en": "\ud83e\udd8a", "de": "Fuchs"}')

    assert rows(records(jsonl, tmp_path, "train.jsonl", "en", "de")) == [("🦊", "Fuchs")]


def test_nulls_are_blank_sides_of_pairs(tmp_path: Path) -> None:
    found = [
        {"en": "one", "t": {"de": "eins"}},
        {"en": None, "t": {"de": "zwei"}},
        {"en": "three", "t": {"de": None}},
        {"en": "four", "t": None},
    ]
    (tmp_path / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in found))
    pq.write_table(pa.Table.from_pylist(found), tmp_path / "train.parquet")

    for read, name in ((jsonl, "train.jsonl"), (parquet, "train.parquet")):
        assert rows(records(read, tmp_path, name, "en", "t.de")) == [
            ("one", "eins"), ("", "zwei"), ("three", ""), ("four", ""),
        ]  # fmt: skip
        corpus = records(read, tmp_path, name, "en", "t.de")
        unit = "line" if read is jsonl else "row"
        assert flaws(corpus) == [
            f"missing field: {unit} {number}: {field} is null"
            for number, field in ((2, "en"), (3, "t.de"), (4, "t.de"))
        ]


def test_a_missing_column_of_parquet_is_named_with_those_that_exist(tmp_path: Path) -> None:
    pq.write_table(pa.table({"en": ["one"], "fr": ["un"]}), tmp_path / "train.parquet")

    with pytest.raises(TextError, match=r"train\.parquet, row 1 has no field de; it has en, fr"):
        rows(records(parquet, tmp_path, "train.parquet", "en", "de"))


def test_of_many_fields_the_first_are_listed(tmp_path: Path) -> None:
    row = json.dumps({f"f{n}": "x" for n in range(25)})
    (tmp_path / "train.jsonl").write_text(row)

    with pytest.raises(TextError, match=r"no field en; it has f0, .*f19, 5 more$"):
        rows(records(jsonl, tmp_path, "train.jsonl", "en", "de"))


def test_parquet_with_plain_and_nested_columns(tmp_path: Path) -> None:
    table = pa.table({"translation": [{"en": f"number {i}", "de": f"Zahl {i}"} for i in range(9)]})
    pq.write_table(table, tmp_path / "train.parquet", row_group_size=4)

    corpus = records(parquet, tmp_path, "train.parquet", "translation.en", "translation.de")

    assert rows(corpus) == [(f"number {i}", f"Zahl {i}") for i in range(9)]


def test_a_file_that_is_no_parquet_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "train.parquet").write_text("no")

    with pytest.raises(TextError, match="is no Parquet file"):
        rows(records(parquet, tmp_path, "train.parquet", "en", "de"))


def test_a_damaged_parquet_file_is_named(tmp_path: Path) -> None:
    words = [hashlib.sha256(bytes([i, j])).hexdigest() for i in range(40) for j in range(100)]
    path = tmp_path / "train.parquet"
    pq.write_table(pa.table({"en": words, "de": words}), path)
    data = bytearray(path.read_bytes())
    data[len(data) // 4 : len(data) // 4 + 64] = b"\xff" * 64  # inside a page
    path.write_bytes(data)

    with pytest.raises(TextError, match=r"train\.parquet cannot be read: .*BYTE_ARRAY"):
        rows(records(parquet, tmp_path, "train.parquet", "en", "de"))


def test_parquet_text_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    broken = pa.array([b"one", b"\xff"], pa.binary()).view(pa.string())
    pq.write_table(pa.table({"en": broken, "de": broken}), tmp_path / "train.parquet")

    with pytest.raises(TextError, match=r"train\.parquet cannot be read"):
        rows(records(parquet, tmp_path, "train.parquet", "en", "de"))
