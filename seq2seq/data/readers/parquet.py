"""Parquet files."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from seq2seq.data.corpus import Pair, ParallelCorpus
from seq2seq.data.readers.files import corpus_of_files, document_at, value_at, without_trailing_none
from seq2seq.errors import TextError


def parquet(
    path: str,
    train: str,
    validation: str | None,
    test: str | None,
    source_field: str,
    target_field: str,
    source: str,
    target: str,
    licence: str,
    document_field: str | None = None,
) -> ParallelCorpus:
    """Read Parquet files; a field may be dotted, as in translation.de.

    Rows next to one another with the same `document_field` are sentences of one document.
    """
    return corpus_of_files(
        parquet_pairs,
        {"train": train, "validation": validation, "test": test},
        path,
        without_trailing_none(source_field, target_field, document_field),
        (source, target, licence),
    )


def parquet_pairs(
    file: Path, source_field: str, target_field: str, document_field: str | None = None
) -> Iterator[Pair]:
    """The pairs of a file.

    Raises:
        TextError: it is no Parquet file or a damaged one, or lacks a field.
    """
    for number, row in enumerate(parquet_rows(file), 1):
        where = f"{file}, row {number}"
        document = document_at(row, document_field, where)
        one, other = (value_at(row, field, where) for field in (source_field, target_field))
        yield Pair(one, other, document)


def parquet_rows(file: Path) -> Iterator[Any]:
    """The rows of a file, a few thousand in memory at a time."""
    from pyarrow import ArrowException, ArrowInvalid
    from pyarrow.parquet import ParquetFile

    try:
        opened = ParquetFile(file)
    except (ArrowInvalid, OSError) as error:
        raise TextError(f"{file} is no Parquet file: {error}") from None
    try:
        with opened:
            for part in opened.iter_batches(batch_size=4096):
                yield from part.to_pylist()
    except (ArrowException, OSError, UnicodeDecodeError) as error:
        raise TextError(f"{file} cannot be read: {error}") from error
