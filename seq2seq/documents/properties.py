r"""Properties of Java: `key=value` in lines, which a backslash at the end continues.

Escapes: `\uXXXX`, `\n`, `\t`, `\=` and the like. In UTF-8, or else in ISO-8859-1; a file in ASCII
gets other characters as escapes, which Java of every version reads.
https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/util/Properties.html#load(java.io.Reader)
"""

import re

from seq2seq.documents.document import FormatSettings, TextSegment
from seq2seq.documents.json import is_chosen
from seq2seq.documents.source_text import Slot, SlottedDocument, SourceText, join_surrogates
from seq2seq.errors import TextError

_BLANK = r"[ \t\f]"
_END = r"(?:\r\n|\r|\n)"
# A backslash takes the next character with it, or the line end and the blanks behind it.
_LINE = re.compile(
    rf"{_BLANK}*+(?:(?P<comment>[#!][^\r\n]*+)"
    rf"|(?P<key>(?:\\(?:{_END}{_BLANK}*+|[^\r\n])|[^\\\r\n=: \t\f])*+){_BLANK}*+[=:]?+{_BLANK}*+"
    rf"(?P<value>(?:\\(?:{_END}{_BLANK}*+|[^\r\n])|[^\\\r\n])*+))\\?+{_END}?+"
)
_ESCAPE = re.compile(rf"\\(?:u([0-9a-fA-F]{{4}})|{_END}{_BLANK}*+|(.))", re.DOTALL)
_NAMED = {"n": "\n", "t": "\t", "r": "\r", "f": "\f"}
_NOT_ASCII, _NOT_LATIN_1 = re.compile(r"[^\x00-\x7f]+"), re.compile(r"[^\x00-\xff]+")
_ARGUMENT = re.compile(r"\{\d+[,}]")  # of MessageFormat, where '' is an apostrophe


def parse_properties_document(data: bytes, settings: FormatSettings) -> SlottedDocument:
    r"""Parse properties.

    Raises:
        TextError: a `\u` has no four digits behind it.
    """
    try:
        source = SourceText.decode(data)
    except TextError:
        source = SourceText.decode(data, "iso-8859-1")
    escaped: re.Pattern[str] | None
    if source.text.isascii():
        escaped = _NOT_ASCII
    else:
        escaped = _NOT_LATIN_1 if source.encoding == "iso-8859-1" else None
    slots, position = list[Slot](), 0
    while position < len(source.text):
        match = _LINE.match(source.text, position)
        if match is None or match.end() == position:
            raise TextError(f"line {source.line_of(position)} is no line of properties")
        position = match.end()
        if not match["value"]:
            continue
        _require_digits(source, match)
        name = _unescaped(match["key"])
        if is_chosen(name, settings.options):
            slots.append(_slot(source, match, name, escaped))
    return SlottedDocument(source, slots)


def _require_digits(source: SourceText, match: re.Match[str]) -> None:
    for escape in _ESCAPE.finditer(source.text, match.start(), match.end()):
        if escape[2] == "u":
            line = source.line_of(escape.start())
            raise TextError(f"line {line}: \\u needs four hexadecimal digits")


def _unescaped(raw: str) -> str:
    return join_surrogates(_ESCAPE.sub(_character, raw))


def _character(match: re.Match[str]) -> str:
    if match[1]:
        return chr(int(match[1], 16))
    return _NAMED.get(match[2], match[2]) if match[2] else ""


def _slot(
    source: SourceText, match: re.Match[str], name: str, other: re.Pattern[str] | None
) -> Slot:
    text = _unescaped(match["value"])
    is_message = bool(_ARGUMENT.search(text)) and "''" in text
    if is_message:
        text = text.replace("''", "'")

    def render(translation: str) -> str:
        if is_message:
            translation = translation.replace("'", "''")
        escaped = translation.replace("\\", "\\\\").replace("\t", "\\t").replace("\r", "\\r")
        if escaped[:1] in (" ", "\f"):
            escaped = f"\\{escaped}"
        escaped = escaped.replace("\n", "\\n")
        return other.sub(_code_units, escaped) if other else escaped

    segment = TextSegment(text, f"line {source.line_of(match.start('value'))}", name)
    return Slot(segment, *match.span("value"), render)


def _code_units(match: re.Match[str]) -> str:
    r"""Return characters as `\uXXXX`, one for each unit of UTF-16."""
    units = match[0].encode("utf-16-be").hex()
    return "".join(f"\\u{units[i : i + 4]}" for i in range(0, len(units), 4))
