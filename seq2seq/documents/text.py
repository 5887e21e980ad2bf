"""Text in paragraphs and items of lists; one that runs over several lines is wrapped again."""

import re
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from seq2seq.documents.document import FormatSettings, TextSegment
from seq2seq.documents.source_text import Slot, SlottedDocument, SourceText

# What begins an item of a list: a bullet, or a number or letter with a mark.
_ITEM = re.compile(
    r"(?:[-*+\u2022\u2023\u25aa\u25e6\u2013\u2014]|\(?(?:\d{1,3}|[a-z])[.)])[ \t]+(?=\S)"
)


@dataclass
class _Paragraph:
    """Lines that may be one text: the first one has a prefix, the others have an indentation."""

    prefix: int  # characters of the first line in front of its text
    indent: str | None  # of the other lines; None while there is no other
    is_item: bool
    lines: list[tuple[int, str]] = field(default_factory=list)  # with their places in the text

    def takes(self, indent: str) -> bool:
        """Return whether a line with this indentation goes on here."""
        if self.indent is not None:
            return indent == self.indent
        own = self.lines[0][1]
        hanging = " " * self.prefix
        return indent in (hanging, own[: len(own) - len(own.lstrip())])


def parse_text_document(data: bytes, settings: FormatSettings) -> SlottedDocument:
    """Parse paragraphs. A line that ends before the text's width, as of a poem, stays a line."""
    del settings
    source = SourceText.decode(data)
    slots = [slot for each in _paragraphs(source.text) for slot in _slots(source, each)]
    return SlottedDocument(source, slots)


def _paragraphs(text: str) -> Iterator[_Paragraph]:
    """Yield what blank lines, other indentations and marks of items separate."""
    current, start = None, 0
    for line in text.split("\n"):
        stripped = line.lstrip()
        indent = line[: len(line) - len(stripped)]
        bullet = _ITEM.match(line, len(indent))
        is_list = current is None or current.is_item or current.lines[-1][1].rstrip().endswith(":")
        if current and stripped and not (bullet and is_list) and current.takes(indent):
            current.indent = indent
        else:
            if current:
                yield current
            is_item = bullet is not None and is_list
            prefix = bullet.end() if bullet and is_item else len(indent)
            current = _Paragraph(prefix, None if is_item else indent, is_item) if stripped else None
        if current:
            current.lines.append((start, line))
        start += len(line) + 1
    if current:
        yield current


def _slots(source: SourceText, paragraph: _Paragraph) -> list[Slot]:
    """Return a slot for the paragraph, or one for each line where it is no running text."""
    lines = [line.rstrip() for _, line in paragraph.lines]
    begins = [paragraph.prefix, *([len(paragraph.indent or "")] * (len(lines) - 1))]
    width = max(map(len, lines))
    starts = [start for start, _ in paragraph.lines]
    if not _is_wrapped(lines, width):
        return [
            _slot(source, start + begin, line[begin:], lambda text: text)
            for start, begin, line in zip(starts, begins, lines, strict=True)
        ]
    indent, first = paragraph.indent or "", " " * paragraph.prefix

    def wrap(text: str) -> str:
        filled = textwrap.wrap(
            text, width, initial_indent=first, subsequent_indent=indent, break_long_words=False,
            break_on_hyphens=False,
        )  # fmt: skip
        return source.newline.join(filled)[paragraph.prefix :]

    text = " ".join(line[begin:] for line, begin in zip(lines, begins, strict=True))
    end = starts[-1] + len(lines[-1])
    return [_slot(source, starts[0] + paragraph.prefix, text, wrap, end)]


def _is_wrapped(lines: list[str], width: int) -> bool:
    """Return whether no first word of a line would have fitted on the line before."""
    pairs = pairwise(lines)
    return len(lines) > 1 and all(
        len(line) + 1 + len(after.split(maxsplit=1)[0]) > width for line, after in pairs
    )


def _slot(
    source: SourceText, start: int, text: str, render: Callable[[str], str], end: int = -1
) -> Slot:
    last = start + len(text) if end < 0 else end
    location = f"line {source.line_of(start)}"
    return Slot(TextSegment(text, location), start, last, render)
