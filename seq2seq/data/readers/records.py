"""Shared parts of the readers of records with named fields: JSON lines, Parquet, data sets."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from seq2seq.data.corpus import MISSING_FIELD, Pair, ParallelCorpus, RowError
from seq2seq.data.readers.files import SURROGATE, corpus_of_files, without_line_breaks
from seq2seq.storage.regular import escaped

LISTED_FIELDS = 20  # names that a message lists at most
FIRST_RECORDS = 100  # if all of them have flaws, the options are wrong
Fields = tuple[str, str, str | None]  # of source, target and document
# Yields where a record is, its number, and the record or the error of reading it.
ReadRecords = Callable[[Any], Iterator[tuple[str, int, Any]]]


def corpus_of_records(
    read: ReadRecords,
    names: Mapping[str, str | None],
    path: str,
    fields: Fields,
    about: tuple[str, str, str],
) -> ParallelCorpus:
    """Return a corpus with one file of records for each split.

    Args:
        read: a function of a file, which yields ("FILE, line N" or the like, N, record).
        names: names of the files, by split; None if the corpus has no such split.
        path: the folder of the files.
        fields: fields of the source, the target and, if any, the document; dotted if nested.
        about: (source language, target language, licence).

    Raises:
        TextError: a file is missing, or a file for validation or test has only blank pairs.
    """
    options = without_trailing_none(*fields)
    return corpus_of_files(partial(read_records, read), names, path, lambda _: options, about)


def read_records(
    read: ReadRecords,
    file: Any,
    source_field: str,
    target_field: str,
    document_field: str | None = None,
) -> Iterator[Pair]:
    """Yield the pairs of the records that `read` yields of `file`.

    A record that lacks a field, or whose field has no text, yields a pair with a flaw and with the
    texts that it has.

    Raises:
        RowError: the first `FIRST_RECORDS` records, or all of them, have flaws.
    """
    count, flawed, first = 0, 0, None
    for where, number, record in read(file):
        count += 1
        texts, error = texts_at(record, (source_field, target_field), where)
        document = None
        try:
            document = None if error else document_at(record, document_field, where)
        except RowError as found:
            error = found
        if error:
            flawed += 1
            first = first or error
            if flawed == count >= FIRST_RECORDS:
                raise first
        flaw = error.flaw if error else None
        name = where.rpartition(", ")[0]
        yield Pair(texts[0], texts[1], document, None, None, flaw, name, number)
    if first and flawed == count:
        raise first


def texts_at(record: Any, fields: Sequence[str], where: str) -> tuple[list[str], RowError | None]:
    """Return the texts at some fields of a record, "" for those without, and the first error."""
    if isinstance(record, RowError):
        return [""] * len(fields), record
    texts, error = [], None
    for field in fields:
        try:
            texts.append(value_at(record, field, where))
        except RowError as found:
            texts.append("")
            error = error or found
    return texts, error


def value_at(record: Any, field: str, where: str) -> str:
    """Return the text at the dotted `field` of a record, without line breaks.

    Args:
        record: a mapping, with mappings in it for a dotted field.
        field: name of the field.
        where: file and number of the record, for messages.

    Raises:
        RowError: there is no such field, or it is null or no text.
    """
    value = record
    for name in field.split("."):
        if value is None and value is not record:
            break
        if not isinstance(value, dict) or name not in value:
            raise RowError(
                MISSING_FIELD, where, f" has no field {field}; it has {describe_fields(value)}"
            )
        value = value[name]
    if isinstance(value, str):
        if surrogate := SURROGATE.search(value):
            raise RowError(
                MISSING_FIELD, where, f": {field} has half of a surrogate pair, {surrogate[0]!r}"
            )
        return without_line_breaks(value)
    what = "null" if value is None else f"not text but {repr(value)[:60]}"
    raise RowError(MISSING_FIELD, where, f": {field} is {what}")


def describe_fields(value: Any) -> str:
    """Return the names of the fields of a record for a message, or the type if it has none."""
    if not isinstance(value, dict):
        return type(value).__name__
    names = [escaped(str(name)) for name in list(value)[:LISTED_FIELDS]]
    more = [f"{len(value) - LISTED_FIELDS} more"] if len(value) > LISTED_FIELDS else []
    return ", ".join([*names, *more]) or "none"


def document_at(record: Any, field: str | None, where: str) -> str | None:
    """Return the document of a record, a text or a number at the dotted `field`, if one is named.

    Raises:
        RowError: there is no such field, or it has neither text nor a number.
    """
    if field is None:
        return None
    value = record
    for name in field.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return str(value) if isinstance(value, int) else value_at(record, field, where)


def without_trailing_none(*options: Any) -> tuple[Any, ...]:
    """Return the options of a reader without those at the end that are None."""
    while options and options[-1] is None:
        options = options[:-1]
    return options
