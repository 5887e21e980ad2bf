"""Front matter of pages: keys and values between lines `---` (YAML) or `+++` (TOML)."""

import json
import re
import textwrap
from collections.abc import Iterator

from seq2seq.config.documents import DocumentOptions
from seq2seq.documents.document import TextSegment
from seq2seq.documents.json import is_chosen
from seq2seq.documents.source_text import Slot, SourceText

# Keys whose values are texts, where the options choose none.
_TEXT_KEYS = frozenset(("title", "description", "subtitle", "summary", "excerpt", "abstract"))
_MATTER = re.compile(r"(---|\+\+\+)[ \t]*\r?\n(?:.*?\r?\n)??\1[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_ENTRY = re.compile(
    r"^(?P<key>[\w-]+)[ \t]*(?P<sign>[:=])[ \t]*"
    r"(?:\"(?P<double>(?:[^\"\\\r\n]|\\.)*)\"|'(?P<single>(?:[^'\r\n]|'')*)'|(?P<plain>[^\r\n]*?))"
    r"[ \t]*(?:[ \t]#[^\r\n]*)?\r?$",
    re.MULTILINE,
)
# A value of several lines: folded (>) or as it is (|).
_BLOCK = re.compile(
    r"^(?P<key>[\w-]+):[ \t]*(?P<sign>[>|])[-+]?[ \t]*\r?\n"
    r"(?P<indent>[ ]+)(?P<body>[^\s][^\r\n]*(?:\r?\n(?:(?P=indent)[^\r\n]*|[ \t]*(?=\r?\n)))*)",
    re.MULTILINE,
)
_SPECIAL = re.compile(r"[\[\]{}&*!|>'\"%@`#,?:-]")  # at the start of a plain value: it is none
_NEEDS_QUOTES = re.compile(r":(?:\s|$)|\s#|^[\[\]{}&*!|>'\"%@`#,?-]|^$|^\s|\s$")


def front_matter_slots(source: SourceText, options: DocumentOptions) -> tuple[list[Slot], int]:
    """Return slots of the front matter of a page, and where the page begins behind it."""
    matter = _MATTER.match(source.text)
    if matter is None:
        return [], 0
    entries = _ENTRY.finditer(source.text, 0, matter.end())
    slots = [slot for match in entries for slot in _slots(source, match, options)]
    blocks = _BLOCK.finditer(source.text, 0, matter.end())
    slots += [slot for match in blocks for slot in _block_slots(source, match, options)]
    return slots, matter.end()


def _is_text(key: str, options: DocumentOptions) -> bool:
    return is_chosen(key, options) if options.keys else key in _TEXT_KEYS


def _slots(source: SourceText, match: re.Match[str], options: DocumentOptions) -> Iterator[Slot]:
    key, sign = match["key"], match["sign"]
    if not _is_text(key, options):
        return
    location = f"line {source.line_of(match.start())}, {key}"
    if match["double"] is not None:
        text = _unquoted(match["double"])
        if text is not None:
            start, end = match.span("double")
            yield Slot(TextSegment(text, location), start, end, _double)
    elif match["single"] is not None:
        start, end = match.span("single")
        if sign == ":":
            text = match["single"].replace("''", "'")
            yield Slot(TextSegment(text, location), start, end, lambda new: new.replace("'", "''"))
    elif sign == ":" and match["plain"] and not _SPECIAL.match(match["plain"]):
        start, end = match.span("plain")
        yield Slot(TextSegment(match["plain"], location), start, end, _plain)


def _block_slots(
    source: SourceText, match: re.Match[str], options: DocumentOptions
) -> Iterator[Slot]:
    if not _is_text(match["key"], options):
        return
    body, indent = match["body"].rstrip(), match["indent"]
    lines = [line.strip() for line in body.splitlines()]
    joint = f"{source.newline}{indent}"
    is_folded = match["sign"] == ">" and all(lines)
    width = max(map(len, lines))

    def render(text: str) -> str:
        if is_folded:
            made = textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
        else:
            made = text.split("\n")
        return re.sub(r"[ ]+(?=\r?\n)", "", joint.join(made))

    text = (" " if is_folded else "\n").join(lines)
    location = f"line {source.line_of(match.start())}, {match['key']}"
    start = match.start("body")
    yield Slot(TextSegment(text, location), start, start + len(body), render)


def _unquoted(raw: str) -> str | None:
    """Return the text of what is written between double quotes, as far as JSON knows it."""
    try:
        return str(json.loads(f'"{raw}"', strict=False))
    except ValueError:
        return None


def _double(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _plain(text: str) -> str:
    return json.dumps(text, ensure_ascii=False) if _NEEDS_QUOTES.search(text) else text
