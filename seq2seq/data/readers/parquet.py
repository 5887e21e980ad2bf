"""Parquet files."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from seq2seq.data.corpus import ParallelCorpus
from seq2seq.data.readers.records import corpus_of_records
from seq2seq.errors import TextError

PARQUET_ROWS = 4096  # rows in memory at a time


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
    """Read Parquet files; a dot names a nested field, as in translation.de.

    Rows next to one another with the same `document_field` are sentences of one document.

    Raises:
        TextError: a file is missing or empty; later, when it is read: it is no Parquet file or a
            damaged one, or lacks a field.
    """
    return corpus_of_records(
        parquet_records,
        {"train": train, "validation": validation, "test": test},
        path,
        (source_field, target_field, document_field),
        (source, target, licence),
    )


def parquet_records(file: Path) -> Iterator[tuple[str, int, Any]]:
    """Yield ("FILE, row N", N, row) for each row; `PARQUET_ROWS` rows are in memory at a time.

    Raises:
        TextError: the file is no Parquet file, or a damaged one.
    """
    from pyarrow import ArrowException, ArrowInvalid
    from pyarrow.parquet import ParquetFile

    try:
        opened = ParquetFile(file)
    except (ArrowInvalid, OSError) as error:
        raise TextError(f"{file} is no Parquet file: {error}") from None
    number = 0
    try:
        with opened:
            for batch in opened.iter_batches(batch_size=PARQUET_ROWS):
                for row in batch.to_pylist():
                    number += 1
                    yield f"{file}, row {number}", number, row
    except (ArrowException, OSError, UnicodeDecodeError) as error:
        raise TextError(f"{file} cannot be read: {error}") from error
