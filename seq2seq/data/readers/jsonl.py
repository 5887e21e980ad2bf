"""Files of JSON lines: one object per line."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from seq2seq.data.corpus import NOT_JSON, ParallelCorpus, RowError
from seq2seq.data.readers.records import corpus_of_records
from seq2seq.errors import TextError
from seq2seq.storage.plain_json import parse_plain_json
from seq2seq.text.lines import read_lines

MAX_JSON_DEPTH = 50  # of nested objects and lists


def jsonl(
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
    """Read files of JSON lines; a dot names a nested field, as in translation.de.

    Rows next to one another with the same `document_field` are sentences of one document.

    Raises:
        TextError: a file is missing or empty; later, when it is read: its first lines are not JSON,
            or lack a field.
    """
    return corpus_of_records(
        json_records,
        {"train": train, "validation": validation, "test": test},
        path,
        (source_field, target_field, document_field),
        (source, target, licence),
    )


def json_records(file: Path) -> Iterator[tuple[str, int, Any]]:
    """Yield ("FILE, line N", N, value) for each line; blank lines are skipped.

    The value of a line that is not JSON is a `RowError`.
    """
    for number, line in enumerate(read_lines(file), 1):
        if line.strip():
            where = f"{file}, line {number}"
            try:
                value = parse_plain_json(line, MAX_JSON_DEPTH, where)
            except TextError as error:
                value = RowError(NOT_JSON, where, str(error).removeprefix(where))
            yield where, number, value
