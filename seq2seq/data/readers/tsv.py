"""Columns between tabs."""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any

from seq2seq.data.corpus import HEADER_LINE, OTHER_COLUMNS, Flaw, Pair, ParallelCorpus
from seq2seq.data.readers.files import corpus_of_files
from seq2seq.data.readers.records import without_trailing_none
from seq2seq.data.readers.table_headers import (
    HEADER,
    SOURCE_NAMES,
    TARGET_NAMES,
    first_cells,
    has_header,
    is_name,
    language_names,
    log_header,
)
from seq2seq.errors import ConfigError, TextError
from seq2seq.storage.regular import quoted
from seq2seq.text.lines import read_lines, require_encoding

SAMPLE_ROWS = 100  # first rows that tell how many columns a file has


def tsv(
    path: str,
    train: str,
    validation: str | None,
    test: str | None,
    source_column: int,
    target_column: int,
    source: str,
    target: str,
    licence: str,
    document_column: int | None = None,
    encoding: str | None = None,
) -> ParallelCorpus:
    r"""Read files of lines with \t between columns, which are counted from 1.

    Cells are taken literally: `"` does not quote, and NA and null are text. A header is skipped: a
    first line whose cells in the source and target columns name the languages ("de", "German") or
    the sides ("source", "tgt"), perhaps with a word for text ("German sentence"). Rows next to one
    another with the same text in `document_column` are sentences of one document. Files may be in
    another `encoding` than UTF-8.

    Raises:
        ConfigError: a column is not counted from 1.
        TextError: a file is missing or empty, or its header swaps the languages; later, when it is
            read: the first rows lack a column.
    """
    columns = {"source": source_column, "target": target_column, "document": document_column}
    for name, column in columns.items():
        if column is not None and column < 1:  # Python would take it for one from the end
            raise ConfigError(f"data.{name}_column is counted from 1, not {column}")
    require_encoding("data.encoding", encoding)
    return corpus_of_files(
        tsv_pairs,
        {"train": train, "validation": validation, "test": test},
        path,
        partial(file_options, tuple(columns.values()), source, target, encoding),
        (source, target, licence),
    )


def file_options(
    columns: tuple[Any, ...], source: str, target: str, encoding: str | None, file: Path
) -> tuple[int | str | None, ...]:
    """Return the options of `tsv_pairs` for a file: columns, and `HEADER` if it has one.

    Raises:
        TextError: the header has the two languages in the opposite order.
    """
    sides = columns[:2]
    names = (language_names(source), language_names(target))
    cells = first_cells(file, sides, encoding)
    if cells and source != target and all(map(is_name, cells, names[::-1])):
        first, second = (quoted(cell) for cell in cells)
        raise TextError(
            f"{file}, line 1, calls the columns {first} and {second}, and data.source={source}: "
            f"data.source_column={sides[1]} data.target_column={sides[0]} swaps them"
        )
    accepted = (names[0] | SOURCE_NAMES, names[1] | TARGET_NAMES)
    if not has_header(file, sides, accepted, encoding):
        return without_trailing_none(*columns, None, encoding)
    log_header(file, encoding)
    return without_trailing_none(*columns, HEADER, encoding)


def tsv_pairs(
    file: Path,
    source_column: int,
    target_column: int,
    document_column: int | None = None,
    header: str | None = None,
    encoding: str | None = None,
) -> Iterator[Pair]:
    """Yield the pairs of a file.

    Blank lines at the end of the file are skipped; a blank line elsewhere yields a blank pair. A
    row with other columns than most, where empty cells at the end of a line do not count, or a
    second header yields a pair with a flaw and the row as its source.

    Raises:
        TextError: the first rows lack a required column.
    """
    required = max(source_column, target_column, document_column or 1)
    rows = enumerate(read_lines(file, encoding), 1)
    first = next(rows)[1] if header else None
    start = list(islice(rows, SAMPLE_ROWS))
    usual = usual_row([line for _, line in start if line.strip()], required)
    width, trimmed = usual.count("\t") + 1, trimmed_width(usual, required)
    name, blank = str(file), 0
    for number, line in chain(start, rows):
        cells = line.split("\t")
        if len(cells) == 1 and not line.strip():
            blank += 1
            continue
        for back in range(blank, 0, -1):
            yield Pair("", "", file=name, line=number - back)
        blank = 0
        is_usual = len(cells) == width or trimmed_width(line, required) == trimmed
        if len(cells) < required or not is_usual:
            flaw = other_columns(name, number, len(cells), width, required)
            if width < required:  # so it is in most rows: the options are wrong, not the row
                raise TextError(flaw.message)
            yield Pair(line, "", flaw=flaw, file=name, line=number)
        elif first is not None and line == first:
            flaw = Flaw(HEADER_LINE, f"{name}, line {number}", ", is the header again")
            yield Pair(line, "", flaw=flaw, file=name, line=number)
        else:
            document = cells[document_column - 1] if document_column else None
            source, target = cells[source_column - 1], cells[target_column - 1]
            yield Pair(source, target, document, None, None, None, name, number)


def other_columns(file: str, number: int, count: int, width: int, required: int) -> Flaw:
    """Return the flaw of a row with `count` columns in a table of `width`."""
    if count < required:
        what = f", has {count} columns, not {required}"
    else:
        what = (
            f", has {count} columns, and most rows have {width}: "
            "is there a tab in the text of one of them?"
        )
    return Flaw(OTHER_COLUMNS, f"{file}, line {number}", what)


def usual_row(rows: Sequence[str], required: int) -> str:
    """Return the first of some rows that has the columns of most; an empty text if there is none.

    Rows have the same columns if they have as many, or as many without empty ones at the end.
    """
    widths = Counter(row.count("\t") for row in rows)
    complete = [row for row in rows if row.count("\t") + 1 >= required]
    trimmed = Counter(trimmed_width(row, required) for row in complete)

    def alike(row: str) -> int:
        count = row.count("\t")
        of_trimmed = trimmed[trimmed_width(row, required)] if count + 1 >= required else 0
        return max(widths[count], of_trimmed)

    return max(rows, key=alike, default="")


def trimmed_width(line: str, required: int) -> int:
    """Return the number of cells without empty ones at the end, but at least `required`."""
    return max(required, line.rstrip("\t").count("\t") + 1)
