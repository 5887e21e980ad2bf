"""Header lines and rows of other widths in tables with tabs between columns."""

import logging
import re
from pathlib import Path
from typing import Any

import pytest

from seq2seq.data.corpus import ParallelCorpus
from seq2seq.data.readers.labelled import labelled
from seq2seq.data.readers.table_headers import is_name, language_names
from seq2seq.data.readers.tsv import tsv
from seq2seq.errors import TextError

ROWS = "one\teins\ntwo\tzwei\n"
PAIRS = [("one", "eins"), ("two", "zwei")]


def read(folder: Path, text: str, **more: Any) -> ParallelCorpus:
    (folder / "train.tsv").write_text(text, encoding="utf-8", newline="\n")
    options: dict[str, Any] = {
        "train": "train.tsv", "validation": None, "test": None, "source_column": 1,
        "target_column": 2, "source": "en", "target": "de", "licence": "our own",
    }  # fmt: skip
    return tsv(path=str(folder), **options | more)


def rows(corpus: ParallelCorpus, split: str = "train") -> list[tuple[str, str]]:
    return [(pair.source, pair.target) for pair in corpus.splits[split]]


@pytest.mark.parametrize(
    "header",
    [
        "source\ttarget",
        "src\ttgt",
        "en\tde",
        "EN\tDE",
        "English\tGerman",
        "English text\tDeutsch",
        "en_text\tde_text",
        '"source"\t"target"',
        "# source\ttranslation",
    ],
)
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_a_header_is_skipped_with_a_notice(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, header: str, start: str
) -> None:
    corpus = read(tmp_path, f"{start}{header}\n{ROWS}")

    assert rows(corpus) == rows(corpus) == PAIRS
    [notice] = caplog.messages
    assert "train.tsv, line 1, is a header and is skipped" in notice
    assert notice.isprintable()


@pytest.mark.parametrize(
    "first", ["English\tEnglisch", "source\tQuelle", "en\tein", "text\tText", "source\tis a source"]
)
def test_a_first_pair_that_is_text_is_no_header(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, first: str
) -> None:
    corpus = read(tmp_path, f"{first}\n{ROWS}")

    assert rows(corpus) == [tuple(first.split("\t")), *PAIRS]
    assert caplog.messages == []


def test_a_header_of_other_columns_is_compared_with_the_chosen_ones(tmp_path: Path) -> None:
    corpus = read(
        tmp_path, "id\tde\tscore\ten\n7\teins\t1\tone\n", source_column=4, target_column=2
    )

    assert rows(corpus) == [("one", "eins")]


def test_a_header_is_part_of_the_fingerprint_and_a_plain_file_keeps_its_own(tmp_path: Path) -> None:
    assert list(read(tmp_path, ROWS).origin) == ["train: train.tsv 1 2"]
    assert list(read(tmp_path, f"en\tde\n{ROWS}").origin) == ["train: train.tsv 1 2 None header"]


@pytest.mark.parametrize("header", ["de\ten", "German\tEnglish"])
def test_swapped_columns_are_refused_with_the_right_options(tmp_path: Path, header: str) -> None:
    with pytest.raises(TextError, match=r"data\.source_column=2 data\.target_column=1") as caught:
        read(tmp_path, f"{header}\neins\tone\n")
    assert "train.tsv, line 1" in str(caught.value)


def test_a_notice_shows_no_escape_codes(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    read(tmp_path, f"source\ttarget\t\x1b[31mred\n{ROWS}".replace("eins\n", "eins\tx\n", 1)
         .replace("zwei\n", "zwei\ty\n"))  # fmt: skip

    [notice] = caplog.messages
    assert "\x1b" not in notice
    assert "\\x1b[31mred" in notice


@pytest.mark.parametrize(
    ("code", "cell", "is_one"),
    [
        ("pt-BR", "pt_BR", True),
        ("pt-BR", "Portuguese", True),
        ("zh", "中文", True),
        ("xx", "xx", True),
        ("en", "text", False),
        ("en", "", False),
        ("en", "English is a language", False),
    ],
)
def test_names_of_columns(code: str, cell: str, is_one: bool) -> None:
    assert is_name(cell, language_names(code)) == is_one


def test_a_row_with_a_tab_in_its_text_has_a_flaw_and_shifts_no_column(tmp_path: Path) -> None:
    *_, last = read(tmp_path, "a\tb\nc\td\ne\tf\tg\n").splits["train"]

    assert last.flaw is not None
    assert (last.flaw.kind, last.source, last.target) == ("columns", "e\tf\tg", "")
    assert re.search(r"train\.tsv, line 3, has 3 columns, .* most rows have 2", last.flaw.message)


@pytest.mark.parametrize("at", [0, 1, 2])
def test_most_of_the_first_rows_tell_how_many_columns_there_are(tmp_path: Path, at: int) -> None:
    lines = ["a\tb\tmore", "c\td\tmore"]
    lines.insert(at, "x\ty")

    found = list(read(tmp_path, "\n".join(lines)).splits["train"])

    assert [pair.flaw is not None for pair in found] == [at == n for n in range(3)]
    assert found[at].line == at + 1


def test_a_header_that_comes_again_is_no_pair(tmp_path: Path) -> None:
    found = list(read(tmp_path, "English\tGerman\na\tb\nEnglish\tGerman\n").splits["train"])

    assert [pair.flaw and pair.flaw.kind for pair in found] == [None, "header line"]


def test_empty_cells_at_the_end_of_a_row_may_be_missing(tmp_path: Path) -> None:
    assert rows(read(tmp_path, "a\tb\nc\td\t\t\n")) == [("a", "b"), ("c", "d")]
    assert rows(read(tmp_path, "a\tb\t\nc\td\n")) == [("a", "b"), ("c", "d")]
    assert rows(read(tmp_path, "a\tb\tx\nc\td\t\n")) == [("a", "b"), ("c", "d")]


def test_a_null_cell_is_a_blank_side(tmp_path: Path) -> None:
    assert rows(read(tmp_path, "a\t\n\tb\n\t\n")) == [("a", ""), ("", "b"), ("", "")]


@pytest.mark.parametrize("end", ["", "\n", "\n\n", "\n \r\n"])
def test_blank_lines_at_the_end_are_no_rows(tmp_path: Path, end: str) -> None:
    assert rows(read(tmp_path, f"{ROWS}{end}")) == PAIRS


def test_blank_lines_between_rows_are_blank_pairs_that_cleaning_counts(tmp_path: Path) -> None:
    found = rows(read(tmp_path, "a\tb\n\n\nc\td\ne\tf\n"))

    assert found == [("a", "b"), ("", ""), ("", ""), ("c", "d"), ("e", "f")]


@pytest.mark.parametrize("header", ["text\tlabel\n", "Sentence\tLanguage\n", ""])
def test_a_header_of_labelled_lines_is_skipped_in_all_splits(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, header: str
) -> None:
    (tmp_path / "train.tsv").write_text(header + "eins\tde\none\ten\n", encoding="utf-8")
    caplog.set_level(logging.INFO)

    corpus = labelled(str(tmp_path), "train.tsv", None, "train.tsv", "our own")

    found = [tuple(pair[:2]) for split in ("train", "validation") for pair in corpus.splits[split]]
    assert sorted(found) == [("eins", "de"), ("one", "en")]
    assert [tuple(pair[:2]) for pair in corpus.splits["test"]] == [("eins", "de"), ("one", "en")]
    assert len(caplog.messages) == (2 if header else 0)
    suffix = " header" if header else ""
    assert list(corpus.origin) == [f"train: train.tsv{suffix}", f"test: train.tsv{suffix}"]
