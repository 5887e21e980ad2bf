"""The syntax of .po files: entries with their positions, and strings as gettext writes them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from seq2seq.documents.document import TextSegment
from seq2seq.documents.source_text import Edit, SourceText
from seq2seq.errors import TextError

PAGE_WIDTH = 79  # characters of a line that gettext's tools write, quotes included
_FIELD = re.compile(r'(msgctxt|msgid_plural|msgid|msgstr(?:\[\d{1,2}\])?)[ \t]*(".*")[ \t]*')
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{1,2}|[0-7]{1,3}|.)")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "v": "\v", "f": "\f"}
_CODES = str.maketrans(
    {"\\": "\\\\", '"': '\\"', **{char: f"\\{name}" for name, char in _ESCAPES.items()}}
)


class FieldString(NamedTuple):
    """The string of a field, with the extent of the field's lines, without the last line end."""

    text: str
    start: int
    end: int


@dataclass
class Entry:
    """An entry that is not obsolete."""

    line: int
    start: int  # of its first line that is no comment
    comments: list[tuple[str, int, int]] = field(default_factory=list)  # with extents, line ends in
    fields: dict[str, FieldString] = field(default_factory=dict)

    @property
    def msgid(self) -> str:
        return self.fields["msgid"].text

    @property
    def is_plural(self) -> bool:
        return "msgid_plural" in self.fields

    @property
    def strings(self) -> list[FieldString]:
        """Return the translations, in the order of the file."""
        return [value for name, value in self.fields.items() if name.startswith("msgstr")]

    @property
    def is_fuzzy(self) -> bool:
        return any(
            text.startswith("#,") and "fuzzy" in _flags(text) for text, _, _ in self.comments
        )

    def segments(self) -> list[TextSegment]:
        """Return the msgid, and the msgid_plural if there is one, as segments."""
        context = self.fields["msgctxt"].text if "msgctxt" in self.fields else ""
        strings = [string.text for string in self.strings]
        is_kept = all(strings) and not self.is_fuzzy
        ids = [(self.msgid, "one" if self.is_plural else "", strings[0])]
        if self.is_plural:
            ids.append((self.fields["msgid_plural"].text, "other", strings[-1]))
        return [
            TextSegment(text, f"line {self.line}", context, category, existing or None, is_kept)
            for text, category, existing in ids
        ]

    def fuzzy_edits(self, source: SourceText, is_fuzzy: bool) -> list[Edit]:
        """Return the edits that set the flag `fuzzy`, or remove it with the previous msgid."""
        if is_fuzzy == self.is_fuzzy:
            return []
        if is_fuzzy:
            previous = [begin for text, begin, _ in self.comments if text.startswith("#|")]
            flags = [c for c in self.comments if c[0].startswith("#,")]
            if flags:
                _, begin, _ = flags[0]
                return [Edit(begin, begin + 2, "#, fuzzy,")]
            begin = min([*previous, self.start])
            return [Edit(begin, begin, f"#, fuzzy{source.newline}")]
        edits = []
        for text, begin, end in self.comments:
            if text.startswith("#|"):
                edits.append(Edit(begin, end, ""))
            elif text.startswith("#,") and "fuzzy" in (flags_now := _flags(text)):
                left = ", ".join(flag for flag in flags_now if flag != "fuzzy")
                edits.append(Edit(begin, end, f"#, {left}{source.newline}" if left else ""))
        return edits


def _flags(comment: str) -> list[str]:
    return [flag.strip() for flag in comment[2:].split(",")]


def parse_entries(source: SourceText) -> list[Entry]:
    """Parse the entries of a catalogue.

    Raises:
        TextError: a line is none of a catalogue, or an entry lacks its msgid or msgstr.
    """
    parser = _EntryParser()
    for number, (start, end, line) in enumerate(_lines(source.text), 1):
        parser.add_line(number, start, end, line)
    for entry in parser.entries:
        _require_complete(entry)
    return parser.entries


class _EntryParser:
    """The entries of the lines so far."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._comments: list[tuple[str, int, int]] = []  # in front of the next entry
        self._entry: Entry | None = None  # that lines belong to
        self._name = ""  # of its last field

    def add_line(self, number: int, start: int, end: int, line: str) -> None:
        """Parse a line, given its number, and its extent with the line end."""
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            if self._entry is not None or not stripped:
                self._comments, self._entry = [], None
            if stripped and not stripped.startswith("#~"):
                self._comments.append((stripped, start, end))
        elif match := _FIELD.fullmatch(stripped):
            entry = self._begin_field(match[1], number, start)
            self._add_string(entry, match[2], number, start + len(line.rstrip()))
        elif stripped.startswith('"') and self._entry is not None:
            self._add_string(self._entry, stripped, number, start + len(line.rstrip()))
        else:
            raise TextError(f"line {number} is no line of a .po file: {stripped[:40]!r}")

    def _begin_field(self, name: str, number: int, start: int) -> Entry:
        if name in ("msgctxt", "msgid") and (self._entry is None or self._entry.strings):
            self._entry = Entry(number, start, self._comments)
            self._comments = []
            self.entries.append(self._entry)
        if self._entry is None or name in self._entry.fields:
            raise TextError(f"line {number}: {name} has no place here")
        self._name = name
        self._entry.fields[name] = FieldString("", start, start)
        return self._entry

    def _add_string(self, entry: Entry, quoted: str, number: int, end: int) -> None:
        before = entry.fields[self._name]
        text = before.text + _strings(quoted, number)
        entry.fields[self._name] = FieldString(text, before.start, end)


def _lines(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield the extent of each line with its end, and the line; only LF separates lines."""
    start = 0
    for line in text.split("\n"):
        end = min(start + len(line) + 1, len(text))
        yield start, end, line
        start = end


def _require_complete(entry: Entry) -> None:
    names = list(entry.fields)
    strings = [name for name in names if name.startswith("msgstr")]
    required = (
        [f"msgstr[{form}]" for form in range(len(strings))] if entry.is_plural else ["msgstr"]
    )
    if "msgid" not in names or not strings or strings != required:
        expected = "msgstr[0], msgstr[1] and so on" if entry.is_plural else "one msgstr"
        raise TextError(f"line {entry.line}: a message needs a msgid and {expected}")


def _strings(quoted: str, number: int) -> str:
    """Return the text of a string in quotes."""
    if not _STRING.fullmatch(quoted):
        raise TextError(f"line {number}: a string is not closed, or a quote in it has no backslash")
    return _ESCAPE.sub(_unescape, quoted[1:-1])


def _unescape(match: re.Match[str]) -> str:
    code = match[1]
    if code[0] == "x" and len(code) > 1:
        return chr(int(code[1:], 16))
    return chr(int(code, 8)) if code[0] in "01234567" else _ESCAPES.get(code, code)


def uses_width(text: str) -> int:
    """Return the width that the lines of a catalogue keep; 0 where they are not wrapped."""
    strings = (line for line in text.split("\n") if '"' in line and not line.startswith("#"))
    is_wrapped = all(len(line.rstrip()) <= PAGE_WIDTH + 1 or " " not in line for line in strings)
    return PAGE_WIDTH if is_wrapped else 0


def render_field(name: str, text: str, newline: str, width: int) -> str:
    """Return a field as gettext writes it: a line for each line of the text, wrapped at blanks."""
    lines = [line for line in re.split(r"(?<=\n)", text) if line]
    whole = f'{name} "{text.translate(_CODES)}"'
    if len(lines) <= 1 and (not width or len(whole) <= width):
        return whole
    pieces = [piece for line in lines for piece in _wrap(line.translate(_CODES), width - 2)]
    return newline.join([f'{name} ""', *(f'"{piece}"' for piece in pieces)])


def _wrap(line: str, width: int) -> list[str]:
    """Cut a line behind blanks into pieces of at most `width`; below 0: not at all."""
    if width < 0:
        return [line]
    pieces = [""]
    for word in re.findall(r"[^ ]* +|[^ ]+", line):
        if pieces[-1] and len(pieces[-1]) + len(word.rstrip(" ")) > width:
            pieces.append("")
        pieces[-1] += word
    return pieces
