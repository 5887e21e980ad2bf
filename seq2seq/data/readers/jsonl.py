"""One JSON object a line."""

from collections.abc import Iterator
from pathlib import Path

from seq2seq.data.corpus import Pair, ParallelCorpus
from seq2seq.data.readers.files import corpus_of_files, document_at, value_at, without_trailing_none
from seq2seq.storage.plain_json import parse_plain_json
from seq2seq.text.lines import read_lines

MAX_DEPTH = 50  # of nested objects and lists


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
    """Read files of JSON lines; a field may be dotted, as in translation.de.

    Rows next to one another with the same `document_field` are sentences of one document.
    """
    return corpus_of_files(
        jsonl_pairs,
        {"train": train, "validation": validation, "test": test},
        path,
        without_trailing_none(source_field, target_field, document_field),
        (source, target, licence),
    )


def jsonl_pairs(
    file: Path, source_field: str, target_field: str, document_field: str | None = None
) -> Iterator[Pair]:
    """The pairs of a file; blank lines are passed over.

    Raises:
        TextError: a line is not JSON, or lacks a field.
    """
    for number, line in enumerate(read_lines(file), 1):
        if not line.strip():
            continue
        where = f"{file}, line {number}"
        row = parse_plain_json(line, MAX_DEPTH, where)
        document = document_at(row, document_field, where)
        one, other = (value_at(row, field, where) for field in (source_field, target_field))
        yield Pair(one, other, document)
