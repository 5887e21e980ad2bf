"""Text in paragraphs, which blank lines separate; a paragraph of several lines is wrapped again."""

import re
import textwrap
from collections.abc import Callable
from itertools import pairwise

from seq2seq.documents.document import FormatSettings, TextSegment
from seq2seq.documents.source_text import Slot, SlottedDocument, SourceText

# Lines with the indentation of the first line's; a blank line or another indentation ends it.
_PARAGRAPH = re.compile(r"^(?P<indent>[ \t]*)[^\s].*(?:\n(?P=indent)[^\s].*)*", re.MULTILINE)


def parse_text_document(data: bytes, settings: FormatSettings) -> SlottedDocument:
    """Parse paragraphs. A line that ends before the text's width, as of a poem, stays a line."""
    del settings
    source = SourceText.decode(data)
    slots = [slot for match in _PARAGRAPH.finditer(source.text) for slot in _slots(source, match)]
    return SlottedDocument(source, slots)


def _slots(source: SourceText, match: re.Match[str]) -> list[Slot]:
    """Return a slot for the paragraph, or one for each line where it is no running text."""
    lines, start = [], match.start()
    for line in match[0].split("\n"):
        lines.append((start, line))
        start += len(line) + 1
    indent, width = match["indent"], max(len(line.rstrip()) for _, line in lines)
    if not _is_wrapped([line.strip() for _, line in lines], width - len(indent)):
        return [
            _slot(source, begin + len(indent), line.strip(), lambda text: text)
            for begin, line in lines
        ]

    def wrap(text: str) -> str:
        filled = textwrap.wrap(text, width - len(indent), break_long_words=False,
                               break_on_hyphens=False)  # fmt: skip
        return f"{source.newline}{indent}".join(filled)

    text = " ".join(line.strip() for _, line in lines)
    return [_slot(source, match.start() + len(indent), text, wrap, match.end())]


def _is_wrapped(lines: list[str], width: int) -> bool:
    """Return whether no first word of a line would have fitted on the line before."""
    pairs = pairwise(lines)
    return len(lines) > 1 and all(
        len(line) + 1 + len(after.split(maxsplit=1)[0]) > width for line, after in pairs
    )


def _slot(
    source: SourceText, start: int, text: str, render: Callable[[str], str], end: int = -1
) -> Slot:
    last = start + len(text) if end < 0 else len(source.text[:end].rstrip())
    location = f"line {source.line_of(start)}"
    return Slot(TextSegment(text, location), start, last, render)
