"""Columns between tabs."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from seq2seq.data.corpus import Pair, ParallelCorpus
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
from seq2seq.text.lines import read_lines


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
) -> ParallelCorpus:
    r"""Read files of lines with \t between columns, which are counted from 1.

    Cells are taken literally: `"` does not quote, and NA and null are text. A header is skipped: a
    first line whose cells in the source and target columns name the languages ("de", "German") or
    the sides ("source", "tgt"), perhaps with a word for text ("German sentence"). Rows next to one
    another with the same text in `document_column` are sentences of one document.

    Raises:
        ConfigError: a column is not counted from 1.
        TextError: a file is missing or empty, or its header swaps the languages; later, when it is
            read: a line has another number of columns than the first.
    """
    columns = {"source": source_column, "target": target_column, "document": document_column}
    for name, column in columns.items():
        if column is not None and column < 1:  # Python would take it for one from the end
            raise ConfigError(f"data.{name}_column is counted from 1, not {column}")
    return corpus_of_files(
        tsv_pairs,
        {"train": train, "validation": validation, "test": test},
        path,
        partial(file_options, tuple(columns.values()), source, target),
        (source, target, licence),
    )


def file_options(
    columns: tuple[Any, ...], source: str, target: str, file: Path
) -> tuple[int | str | None, ...]:
    """Return the options of `tsv_pairs` for a file: columns, and `HEADER` if it has one.

    Raises:
        TextError: the header has the two languages in the opposite order.
    """
    sides = columns[:2]
    names = (language_names(source), language_names(target))
    cells = first_cells(file, sides)
    if cells and source != target and all(map(is_name, cells, names[::-1])):
        first, second = (quoted(cell) for cell in cells)
        raise TextError(
            f"{file}, line 1, calls the columns {first} and {second}, and data.source={source}: "
            f"data.source_column={sides[1]} data.target_column={sides[0]} swaps them"
        )
    accepted = (names[0] | SOURCE_NAMES, names[1] | TARGET_NAMES)
    if not has_header(file, sides, accepted):
        return without_trailing_none(*columns)
    log_header(file)
    return (*columns, HEADER)


def tsv_pairs(
    file: Path,
    source_column: int,
    target_column: int,
    document_column: int | None = None,
    header: str | None = None,
) -> Iterator[Pair]:
    """Yield the pairs of a file.

    Blank lines at the end of the file are skipped; a blank line elsewhere yields a blank pair.

    Raises:
        TextError: a line lacks a required column, or has not as many columns as the first row,
            where empty cells at the end of a line do not count.
    """
    required = max(source_column, target_column, document_column or 1)
    width = trimmed = 0  # cells of the first row: all, and without the empty ones at its end
    blank = 0
    for number, line in enumerate(read_lines(file), 1):
        if number == 1 and header:
            continue
        cells = line.split("\t")
        if len(cells) == 1 and not line.strip():
            blank += 1
            continue
        for _ in range(blank):
            yield Pair("", "")
        blank = 0
        if len(cells) < required:
            raise TextError(f"{file}, line {number}, has {len(cells)} columns, not {required}")
        if not width:
            width, trimmed = len(cells), trimmed_width(line, required)
        elif len(cells) != width and trimmed_width(line, required) != trimmed:
            raise TextError(
                f"{file}, line {number}, has {len(cells)} columns, and the first row has {width}: "
                "is there a tab in the text of one of them?"
            )
        document = cells[document_column - 1] if document_column else None
        yield Pair(cells[source_column - 1], cells[target_column - 1], document)


def trimmed_width(line: str, required: int) -> int:
    """Return the number of cells without empty ones at the end, but at least `required`."""
    return max(required, line.rstrip("\t").count("\t") + 1)
