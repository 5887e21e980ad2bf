"""The inline content of Markdown as parts, along the tokens of markdown-it-py."""

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from seq2seq.documents.inline import InlinePart
from seq2seq.text.spans.addresses import find_urls
from seq2seq.text.spans.tags import tag_name

if TYPE_CHECKING:
    from markdown_it.token import Token

_AUTOLINK = re.compile(r"<[^<>]*>")
_FOOTNOTE = re.compile(r"\[\^[^\]]*\](?:\[\])?")
_BREAK = re.compile(r"[ \t]*\\?\n[ \t]*")
_REFERENCE = re.compile(r"\[((?:[^\[\]\\]|\\.)*)\]")
# Of dialects: footnotes, boxes of tasks, alerts, formulas, templates, attributes, and lines that
# begin a box, a tab or a definition, or stand for a table of contents.
_FIXED_LINE = re.compile(
    r":::|(?:!!!|\?\?\?\+?|===)[ \t]+\S|:[ \t]+\S|\[\[?_?TOC_?\]\]?$|\{[:#.]", re.MULTILINE
)
_DIALECT = re.compile(
    r"\[\^[^\]\s]+\]:?|^\[[ xX]\](?=\s)|^\[![A-Z]+\]|^:::.*|^(?:!!!|\?\?\?\+?|===)[ \t].*"
    r"|^:[ \t]+|^\[\[?_?TOC_?\]\]?$|(?<![\w$\\])\$(?!\s)[^$\n]+(?<!\s)\$(?!\d)"
    r"|\{\{.*?\}\}|\{%.*?%\}|\{[:#.][^{}\n]*\}"
)
LINE_SEPARATOR = "\n"  # the characters of a hard break: the text goes on in another line


class MarkdownMismatchError(Exception):
    """The tokens and the text do not go along: the text is left as it is."""


class _Walker:
    """A position in the inline content, which the tokens move on."""

    def __init__(self, content: str, origin: Sequence[int], text: str, references: Any) -> None:
        self.content, self.origin, self.text = content, origin, text
        self.references = references
        self.position = 0
        self.links: list[tuple[str, int]] = []  # opened: the key of its parts, and where it began

    def take(self, length: int) -> str:
        """Return what is written for the next characters of the content, and move on."""
        start, self.position = self.position, self.position + length
        if self.position > len(self.content):
            raise MarkdownMismatchError
        return self.text[self.origin[start] : self.origin[self.position]]

    def literal(self, expected: str) -> str:
        """Take characters that have to be there."""
        if not self.content.startswith(expected, self.position):
            raise MarkdownMismatchError
        return self.take(len(expected))

    def match(self, pattern: re.Pattern[str]) -> str:
        """Take what a pattern matches."""
        found = pattern.match(self.content, self.position)
        if found is None:
            raise MarkdownMismatchError
        return self.take(found.end() - self.position)

    def parts(self, tokens: Sequence["Token"]) -> Iterator[InlinePart]:
        """Yield the parts of tokens."""
        is_address = False  # in an address or a footnote's mark, which is one part
        for token in tokens:
            if is_address:
                is_address = token.type != "link_close"
            elif token.type == "link_open" and token.markup == "autolink":
                is_address = True
                yield InlinePart("single", self.match(_AUTOLINK))
            elif token.type == "link_open" and self.content.startswith("[^", self.position):
                is_address = True
                yield InlinePart("single", self.match(_FOOTNOTE))
            elif token.type == "image":
                yield self._open_link("![")
                yield from self.parts(token.children or [])
                yield self._close_link()
            elif token.type == "text":
                yield from self._text(token.content)
            else:
                yield self._part(token)

    def _part(self, token: "Token") -> InlinePart:  # noqa: PLR0911  # one for each kind
        match token.type:
            case "text_special":
                return InlinePart("text", self.literal(token.markup), token.content)
            case "softbreak":
                return self._soft_break()
            case "hardbreak":
                return InlinePart("text", self.match(_BREAK), LINE_SEPARATOR)
            case "code_inline":
                return InlinePart("single", self.match(_code(token.markup)))
            case "html_inline":
                return self._html(token.content)
            case "link_open":
                return self._open_link("[")
            case "link_close":
                return self._close_link()
        name, _, side = token.type.rpartition("_")
        if side not in ("open", "close"):
            raise MarkdownMismatchError
        return InlinePart(side, self.literal(token.markup), key=name)

    def _soft_break(self) -> InlinePart:
        """Take a line break, which is a blank but beside the lines of dialects."""
        begin = self.content.rfind("\n", 0, self.position) + 1
        raw = self.match(_BREAK)
        is_fixed = any(_FIXED_LINE.match(self.content, at) for at in (begin, self.position))
        return InlinePart("text", raw, LINE_SEPARATOR if is_fixed else " ")

    def _text(self, content: str) -> Iterator[InlinePart]:
        spans = [*find_urls(content), *(match.span() for match in _DIALECT.finditer(content))]
        position = 0
        for start, end in sorted(spans):
            if start < position:
                continue
            if start > position:
                yield self._plain(content[position:start])
            yield InlinePart("single", self.literal(content[start:end]))
            position = end
        if position < len(content):
            yield self._plain(content[position:])

    def _plain(self, content: str) -> InlinePart:
        raw = self.literal(content)
        return InlinePart("text", raw, None if raw == content else content)

    def _html(self, content: str) -> InlinePart:
        name, raw = tag_name(content), self.literal(content)
        if name is None:
            return InlinePart("single", raw)
        return InlinePart("close" if name.is_closing else "open", raw, key=f"<{name.name}")

    def _open_link(self, sign: str) -> InlinePart:
        raw = self.literal(sign)
        key = f"[{len(self.links)}"
        self.links.append((key, self.position))
        return InlinePart("open", raw, key=key)

    def _close_link(self) -> InlinePart:
        """Take the end of a link. One whose text is its reference is to have the reference too."""
        key, start = self.links.pop()
        label = self.content[start : self.position]
        raw = self.literal("]")
        if (length := self._destination()) > 0:
            return InlinePart("close", raw + self.take(length), key=key)
        reference = _REFERENCE.match(self.content, self.position)
        if reference and (not reference[1] or _normalized(reference[1]) in self.references):
            raw += self.take(len(reference[0]))
            if reference[1]:
                return InlinePart("close", raw, key=key)
        return InlinePart("close", raw, f"][{label}]", key=key)

    def _destination(self) -> int:
        """Return the length of `(address "title")` here; 0 where there is none."""
        from markdown_it.helpers import parseLinkDestination, parseLinkTitle

        content, end = self.content, len(self.content)
        position = self.position
        if not content.startswith("(", position):
            return 0
        position = _behind_blanks(content, position + 1)
        destination = parseLinkDestination(content, position, end)
        if destination.ok:
            position = destination.pos
        title_start = _behind_blanks(content, position)
        title = parseLinkTitle(content, title_start, end)
        if title.ok and title_start > position:
            position = title.pos
        position = _behind_blanks(content, position)
        if not content.startswith(")", position):
            return 0
        return position + 1 - self.position


def _behind_blanks(text: str, position: int) -> int:
    while position < len(text) and text[position] in " \t\n":
        position += 1
    return position


def _normalized(label: str) -> str:
    from markdown_it.common.utils import normalizeReference

    return normalizeReference(label)


def _code(ticks: str) -> re.Pattern[str]:
    return re.compile(rf"{ticks}(?!`).+?(?<!`){ticks}(?!`)", re.DOTALL)


def markdown_parts(
    tokens: Sequence["Token"], content: str, origin: Sequence[int], text: str, references: Any
) -> list[InlinePart]:
    """Return the parts of inline content.

    Args:
        tokens: the children of the inline token.
        content: its content.
        origin: of each character of the content, and of its end, where it is in the text.
        text: the document.
        references: the labels of the definitions of links.

    Raises:
        MarkdownMismatchError: the tokens do not go along the content.
    """
    walker = _Walker(content, origin, text, references)
    parts = list(walker.parts(tokens))
    if content[walker.position :].strip():
        raise MarkdownMismatchError
    return parts
