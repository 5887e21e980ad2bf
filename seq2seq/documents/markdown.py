"""Markdown: paragraphs, headings, items and cells of tables. Code, addresses and HTML stay.

CommonMark, with tables and strikethrough of GitHub.
"""

import re
import textwrap
from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from seq2seq.documents.document import FormatSettings, TextSegment
from seq2seq.documents.front_matter import front_matter_slots
from seq2seq.documents.inline import InlinePart
from seq2seq.documents.inline_pieces import InlinePieces, trim_parts
from seq2seq.documents.markdown_inline import LINE_SEPARATOR, MarkdownMismatchError, markdown_parts
from seq2seq.documents.source_text import Slot, SlottedDocument, SourceText

if TYPE_CHECKING:
    from markdown_it.token import Token

_LINE_END = re.compile(r"\r\n|\n|\r")
_MAX_BEFORE = 1000  # characters of marks in front of a text that begins its line
_HASHES = re.compile(r"#{1,6}[ \t]*")
_SENTENCE_END = re.compile(r"[.!?:。！？][\"'”’»)\]*_`]*$")  # noqa: RUF001
# What begins a block, and the character of it that a backslash makes text.
_BLOCK_START = re.compile(
    r"(?=[-+*](?:\s|$)|#{1,6}(?:\s|$)|>|```|~~~|=+\s*$|-+\s*$|\|)|\d{1,9}(?=[.)](?:\s|$))"
)
_HTML_START = re.compile(r"<(?![a-zA-Z][\w+.-]*[:@])")  # of a block, and no address
_MARKUP_SIGNS = "\\`*_[]<"
_FIXED_BLANK = "\x01"  # a blank of markup, where no line may break
_MAX_NESTING = 50


def parse_markdown_document(data: bytes, settings: FormatSettings) -> SlottedDocument:
    """Parse Markdown. Of front matter, `document.keys` are texts, or else title and the like."""
    from markdown_it import MarkdownIt

    source = SourceText.decode(data)
    slots, body = front_matter_slots(source, settings.options)
    starts = [body, *(match.end() for match in _LINE_END.finditer(source.text, body))]
    lines = [_LINE_END.sub("", source.text[a:b]) for a, b in pairwise([*starts, len(source.text)])]
    parser = MarkdownIt("commonmark", {"maxNesting": _MAX_NESTING})
    parser.enable(["table", "strikethrough"]).disable("text_join")
    environment: dict[str, Any] = {}
    tokens = parser.parse("\n".join(lines), environment)
    page = _Page(source, starts, lines, environment.get("references", {}))
    for before, token in pairwise(tokens):
        if token.type == "inline" and token.children:
            slot = page.slot(before, token)
            slots += [slot] if slot else []
    return SlottedDocument(source, slots)


class _Page:
    """A document in lines, with the position behind the last cell of a table."""

    def __init__(
        self, source: SourceText, starts: Sequence[int], lines: Sequence[str], references: Any
    ) -> None:
        self.source, self.starts, self.lines = source, starts, lines
        self.references = references
        self._cell_end = (-1, 0)  # line, and column

    def slot(self, before: "Token", token: "Token") -> Slot | None:
        """Return the slot of a block's inline content; None where it is no text."""
        is_cell = before.type in ("th_open", "td_open")
        first = token.map[0] if token.map else 0
        try:
            if is_cell:
                origin = self._cell_origin(first, token.content)
            else:
                is_hashed = before.type == "heading_open" and before.markup.startswith("#")
                origin = self._origin(first, token.content, is_hashed)
            parts = markdown_parts(
                token.children or [], token.content, origin, self.source.text, self.references
            )
        except MarkdownMismatchError:
            return None
        before_core, core, _ = trim_parts(parts)
        if not core:
            return None
        start = origin[0] + sum(len(part.raw) for part in before_core)
        end = start + sum(len(part.raw) for part in core)
        line_start = self.starts[bisect_right(self.starts, start) - 1]
        render = _Renderer(
            self.source, _with_sentence_lines(core), (line_start, start, end), is_cell
        )
        return Slot(
            TextSegment(render.pieces.text, f"line {self.source.line_of(start)}"),
            start,
            end,
            render,
        )

    def _origin(self, first: int, content: str, is_hashed: bool) -> list[int]:
        origin = list[int]()
        for number, part in enumerate(content.split("\n"), start=first):
            if number >= len(self.lines):
                raise MarkdownMismatchError
            line, body = self.lines[number].rstrip(), part.rstrip()
            column = len(line) - len(body)
            if is_hashed:
                hashes = _HASHES.search(line)
                column = hashes.end() if hashes else 0
            if not line.startswith(body, column):
                raise MarkdownMismatchError
            start = self.starts[number] + column
            origin += range(start, start + len(part) + 1)  # and the line break behind it
        return origin

    def _cell_origin(self, number: int, content: str) -> list[int]:
        if number >= len(self.lines):
            raise MarkdownMismatchError
        begin = self._cell_end[1] if self._cell_end[0] == number else 0
        written = content.replace("|", "\\|")
        column = self.lines[number].find(written, begin)
        if column < 0:
            raise MarkdownMismatchError
        self._cell_end = (number, column + len(written))
        position = self.starts[number] + column
        origin = [position]
        for character in content:
            position += 2 if character == "|" else 1
            origin.append(position)
        return origin


def _with_sentence_lines(parts: Sequence[InlinePart]) -> list[InlinePart]:
    """Return the parts; where each line ends with a sentence, lines are translated one by one."""
    texts, made = [""], list[InlinePart]()
    for part in parts:
        if part.kind == "text" and "\n" in part.raw:
            texts.append("")
        else:
            texts[-1] += part.raw
    has_sentences = all(_SENTENCE_END.search(text) for text in texts[:-1])
    for part in parts:
        is_break = part.kind == "text" and "\n" in part.raw
        made.append(
            part._replace(characters=LINE_SEPARATOR) if is_break and has_sentences else part
        )
    return made


class _Renderer:
    """The way of a translation back to Markdown: escapes, markup, and lines of the same width."""

    def __init__(
        self,
        source: SourceText,
        parts: Sequence[InlinePart],
        extent: tuple[int, int, int],
        is_cell: bool,
    ) -> None:
        """Prepare the way back.

        Args:
            source: the document.
            parts: of the text.
            extent: where its first line begins, where it begins, and where it ends.
            is_cell: it is in a table.
        """
        line_start, start, end = extent
        self.pieces = InlinePieces(parts)
        text = source.text
        breaks = [part for part in parts if part.kind == "text" and "\n" in part.raw]
        self._separators = [each.raw for each in breaks if each.characters == LINE_SEPARATOR]
        soft = [each.raw for each in breaks if each.characters != LINE_SEPARATOR]
        self._joint = soft[0].lstrip(" \t") if soft else None
        self._indent = start - line_start
        self._width = 0
        if soft:  # a row of a table has as many cells as somebody likes: its lines are not measured
            line_end = _LINE_END.search(text, end)
            lines = _LINE_END.split(text[line_start : line_end.start() if line_end else len(text)])
            self._width = max(len(line.rstrip()) for line in lines)
        before = text[line_start : min(start, line_start + _MAX_BEFORE)]
        self._begins_line = start - line_start < _MAX_BEFORE and before.strip("> \t") == ""
        self._is_cell = is_cell
        plain = "".join(part.raw for part in parts if part.kind == "text" and part.raw == part.text)
        self._escapes = {sign: f"\\{sign}" for sign in _MARKUP_SIGNS if sign not in plain}
        for part in parts:
            is_written = part.kind == "text" and part.raw != part.text and "\n" not in part.raw
            if is_written and len(part.text) == 1 and (
                part.text not in plain or part.raw.startswith("\\")
            ):  # fmt: skip
                self._escapes[part.text] = part.raw

    def __call__(self, translation: str) -> str:
        written = ""
        for piece in self.pieces.write(translation):
            if isinstance(piece, str):
                written += "".join(self._escape(character) for character in piece)
            else:
                part = self.pieces.parts[piece]
                raw = part.raw if part.characters is None else part.characters
                written += re.sub(r"\s*[\r\n]+\s*|[ \t]", _FIXED_BLANK, raw)
        lines = [self._wrapped(line) for line in written.split(LINE_SEPARATOR)]
        for index, line in enumerate(lines):
            if (index or self._begins_line) and (match := _BLOCK_START.match(line)):
                lines[index] = f"{match[0]}\\{line[match.end() :]}"
        separators = [*self._separators, *[" "] * len(lines)]
        text = lines[0] + "".join(
            separator + line for separator, line in zip(separators, lines[1:], strict=False)
        )
        return text.replace(_FIXED_BLANK, " ")

    def _escape(self, character: str) -> str:
        if character == "|" and self._is_cell:
            return "\\|"
        return self._escapes.get(character, character)

    def _wrapped(self, line: str) -> str:
        """Return a line as wide as the source's, where no line begins as another block does."""
        if self._joint is None:
            return line
        filled = textwrap.wrap(
            line, max(self._width - self._indent, 1), break_long_words=False,
            break_on_hyphens=False,
        )  # fmt: skip
        wrapped = "".join(filled[:1])
        for each in filled[1:]:
            begins = _BLOCK_START.match(each) or _HTML_START.match(each)
            is_break = not begins and not wrapped.endswith("\\")
            wrapped += (self._joint if is_break else " ") + each
        return wrapped
