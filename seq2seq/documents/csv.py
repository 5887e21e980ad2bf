"""Tables: columns of CSV and TSV files, with the quotes and the line ends that they have."""

import re
from typing import NamedTuple

from seq2seq.documents.document import FormatSettings, TextSegment
from seq2seq.documents.source_text import Slot, SlottedDocument, SourceText
from seq2seq.errors import ConfigError, TextError
from seq2seq.storage.regular import escaped

_DELIMITERS = "\t;,|"
_QUOTED = re.compile(r'"[^"]*+(?:""[^"]*+)*+"')
_LINE_END = re.compile(r"\r?\n|\r")


class _Cell(NamedTuple):
    start: int
    end: int
    text: str
    is_quoted: bool


class _Column(NamedTuple):
    """A column that is translated: where from, where to, and its name."""

    source: int
    target: int
    name: str


def parse_csv_document(data: bytes, settings: FormatSettings) -> SlottedDocument:
    """Parse the columns `document.columns` of a table.

    The delimiter is the one that the first row has most: tab, semicolon, comma or bar. Where all
    columns are given by number, the first row is a row as the others.

    Raises:
        ConfigError: no columns are given, or the table has no such column.
        TextError: a quote is not closed, or a row lacks a column.
    """
    source = SourceText.decode(data)
    first_line = _LINE_END.split(source.text, maxsplit=1)[0]
    delimiter = max(_DELIMITERS, key=first_line.count)
    rows = [row for row in _rows(source, delimiter) if row[-1].end > row[0].start]
    columns, has_header = _columns(settings.options.columns, rows)
    slots = []
    for row in rows[has_header:]:
        for column in columns:
            if max(column.source, column.target) >= len(row):
                line = source.line_of(row[0].start)
                raise TextError(f"line {line} has no column {column.name}")
            slots.append(_slot(row, column, source, delimiter))
    return SlottedDocument(source, slots)


def _rows(source: SourceText, delimiter: str) -> list[list[_Cell]]:
    text, position, rows = source.text, 0, [list[_Cell]()]
    plain = re.compile(rf"[^{re.escape(delimiter)}\r\n]*")
    while True:
        quoted = _QUOTED.match(text, position)
        end = quoted.end() if quoted else -1
        if quoted and delimiter == "\t" and {"\t", "\n"} <= set(quoted[0]):
            line = source.line_of(position)
            raise TextError(f"line {line}: a quoted cell has tabs and line ends; close its quote")
        if quoted and (end == len(text) or text[end] in f"{delimiter}\r\n"):
            cell = _Cell(position, end, quoted[0][1:-1].replace('""', '"'), True)
        elif text.startswith('"', position) and delimiter != "\t":
            line = source.line_of(position)
            raise TextError(f"line {line}: a quote is not closed, or text follows it")
        else:
            match = plain.match(text, position)
            end = match.end() if match else position
            cell = _Cell(position, end, text[position:end], False)
        rows[-1].append(cell)
        if end == len(text):
            return rows
        if text[end] == delimiter:
            position = end + 1
        else:
            found = _LINE_END.match(text, end)
            position = found.end() if found else end + 1
            rows.append([])


def _columns(chosen: list[object], rows: list[list[_Cell]]) -> tuple[list[_Column], bool]:
    """Return the columns to translate, and whether the first row has their names."""
    header = [cell.text.strip() for cell in rows[0]] if rows else []
    names = escaped(", ".join(header[:20]))  # a cell may have lines
    if not chosen:
        raise ConfigError(
            f"document.columns must name the columns to translate; the first row has {names}"
        )
    columns, has_header = [], False
    for each in map(str, chosen):
        ends = []
        for name in each.split(":", 1) if each not in header else [each]:
            is_number = name not in header and name.isdecimal() and 1 <= int(name) <= len(header)
            if not is_number and name not in header:
                raise ConfigError(f"document.columns: no column {name}; the first row has {names}")
            has_header = has_header or not is_number
            ends.append(int(name) - 1 if is_number else header.index(name))
        columns.append(_Column(ends[0], ends[-1], each))
    return columns, has_header


def _slot(row: list[_Cell], column: _Column, source: SourceText, delimiter: str) -> Slot:
    read, written = row[column.source], row[column.target]
    special = re.compile(rf'[{re.escape(delimiter)}"\r\n]')

    def render(text: str) -> str:
        if written.is_quoted or special.search(text):
            return '"' + text.replace('"', '""') + '"'
        return text

    location = f"line {source.line_of(read.start)}"
    is_other = column.source != column.target
    existing = written.text if is_other else None
    segment = TextSegment(
        read.text, location, column.name, existing=existing, is_kept=is_other and bool(existing)
    )
    return Slot(segment, written.start, written.end, render)
