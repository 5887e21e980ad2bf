"""Columns between tabs."""

from collections.abc import Iterator
from pathlib import Path

from seq2seq.data.corpus import Pair, ParallelCorpus
from seq2seq.data.readers.files import corpus_of_files, without_trailing_none
from seq2seq.errors import ConfigError, TextError
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

    There is no quoting: a `"` is a character, and NA and null are words. Rows next to one another
    with the same text in `document_column` are sentences of one document.

    Raises:
        ConfigError: a column is not counted from 1.
        TextError: a file is missing; later, when it is read: a line has too few columns.
    """
    columns = {"source": source_column, "target": target_column, "document": document_column}
    for name, column in columns.items():
        if column is not None and column < 1:  # Python would take it for one from the end
            raise ConfigError(f"data.{name}_column is counted from 1, not {column}")
    return corpus_of_files(
        tsv_pairs,
        {"train": train, "validation": validation, "test": test},
        path,
        without_trailing_none(source_column, target_column, document_column),
        (source, target, licence),
    )


def tsv_pairs(
    file: Path, source_column: int, target_column: int, document_column: int | None = None
) -> Iterator[Pair]:
    """The pairs of a file.

    Raises:
        TextError: a line has too few columns.
    """
    needed = max(source_column, target_column, document_column or 1)
    for number, line in enumerate(read_lines(file), 1):
        columns = line.split("\t")
        if len(columns) < needed:
            raise TextError(f"{file}, line {number}, has {len(columns)} columns, not {needed}")
        document = columns[document_column - 1] if document_column else None
        yield Pair(columns[source_column - 1], columns[target_column - 1], document)
