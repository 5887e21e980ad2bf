r"""Localised strings of iOS and macOS (.strings): `"key" = "value";` with comments as in C.

Escapes: `\"`, `\\`, `\n`, `\t`, `\r`, `\U1234`. In UTF-8, or in UTF-16 as older tools write it.
"""

import re

from seq2seq.documents.document import FormatSettings, TextSegment
from seq2seq.documents.json import is_chosen
from seq2seq.documents.source_text import Slot, SlottedDocument, SourceText, join_surrogates
from seq2seq.errors import TextError

_STRING = r'"(?:[^"\\]|\\.)*+"'
_BETWEEN = re.compile(r"(?:\s++|//[^\n]*+|/\*.*?\*/)*+", re.DOTALL)
_KEY = re.compile(rf"{_STRING}|[\w.$/:-]++", re.DOTALL)
_VALUE = re.compile(_STRING, re.DOTALL)
_ESCAPE = re.compile(r"\\(?:[Uu]([0-9a-fA-F]{4})|([0-7]{1,3})|(.))", re.DOTALL)
_NAMED = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


def parse_strings_document(data: bytes, settings: FormatSettings) -> SlottedDocument:
    """Parse localised strings.

    Raises:
        TextError: a string is not closed, or something else stands where one is expected.
    """
    is_wide = data[:2].count(0) == 1  # UTF-16 without a byte order mark
    encoding = ("utf-16-be" if data[:1] == b"\0" else "utf-16-le") if is_wide else "utf-8"
    source = SourceText.decode(data, encoding)
    text, slots, position = source.text, list[Slot](), 0
    while (position := _skip(text, position)) < len(text):
        key = _expect(source, _KEY, position, "a key")
        position = _skip(text, key.end())
        if text.startswith(";", position):  # the key is the value
            position += 1
            continue
        if not text.startswith("=", position):
            raise _mistake(source, position, "=")
        value = _expect(source, _VALUE, _skip(text, position + 1), "a value in double quotes")
        position = _skip(text, value.end())
        if not text.startswith(";", position):
            raise _mistake(source, position, ";")
        position += 1
        name = _unescaped(key[0].strip('"'))
        if is_chosen(name, settings.options):
            slots.append(_slot(source, value, name))
    return SlottedDocument(source, slots)


def _skip(text: str, position: int) -> int:
    """Return where blanks and comments from `position` on end."""
    match = _BETWEEN.match(text, position)
    return match.end() if match else position


def _expect(
    source: SourceText, pattern: re.Pattern[str], position: int, what: str
) -> re.Match[str]:
    match = pattern.match(source.text, position)
    if match is None:
        raise _mistake(source, position, what)
    return match


def _mistake(source: SourceText, position: int, what: str) -> TextError:
    found = repr(source.text[position : position + 20]) if source.text[position:] else "the end"
    return TextError(f"line {source.line_of(position)} needs {what}, not {found}")


def _slot(source: SourceText, value: re.Match[str], name: str) -> Slot:
    written = {_character(match): match[0] for match in _ESCAPE.finditer(value[0])}
    table = {char: code for char, code in written.items() if len(char) == 1 and char not in "'"}
    table |= {"\\": "\\\\", '"': '\\"'}
    if "\n" not in value[0]:
        table["\n"] = "\\n"
    codes = str.maketrans(table)
    segment = TextSegment(_unescaped(value[0][1:-1]), f"line {source.line_of(value.start())}", name)
    return Slot(segment, value.start() + 1, value.end() - 1, lambda text: text.translate(codes))


def _unescaped(raw: str) -> str:
    return join_surrogates(_ESCAPE.sub(_character, raw))


def _character(match: re.Match[str]) -> str:
    if match[1]:
        return chr(int(match[1], 16))
    return chr(int(match[2], 8)) if match[2] else _NAMED.get(match[3], match[3])
