"""HTML and XHTML: sentences of elements, alternative texts, titles, labels, descriptions.

Code, scripts, styles, `translate="no"`, `class="notranslate"` and what is in another language than
the page stay. The language of the page is
set where it was the source language.
"""

import re
import textwrap
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from seq2seq.documents.document import FormatSettings, SegmentTranslation, TextSegment
from seq2seq.documents.html_text import (
    HtmlEscaper,
    TilePart,
    element_end,
    html_part,
    is_inline,
    is_left_alone,
    language_of,
    sentences,
    text_attributes,
)
from seq2seq.documents.html_tokens import attribute_matches, html_tokens
from seq2seq.documents.inline_pieces import InlinePieces, trim_parts
from seq2seq.documents.source_text import SourceText
from seq2seq.documents.xml_source import parse_xml
from seq2seq.errors import TextError
from seq2seq.text.languages import base_language

_XHTML = 'xmlns="http://www.w3.org/1999/xhtml"'
_MAX_SWITCHES = 16  # of elements to be translated in others that are not, and so on
_CHARSET_BYTES = 1024  # of a page, in which it names its encoding
_CHARSET = re.compile(
    rb"<meta\b[^>]*?\bcharset\s*=\s*[\"']?\s*([\w.:-]+)|<\?xml\b[^>]*?\bencoding\s*=\s*[\"']([\w.:-]+)",
    re.IGNORECASE,
)
# Pages in these encodings are read in the second one, as browsers do.
_READ_AS = {"iso-8859-1": "cp1252", "latin1": "cp1252", "us-ascii": "cp1252", "ascii": "cp1252"}
_UNQUOTED = re.compile(r"[^\s\"'=<>`]+")
# Blanks of tags, where no line may break, as characters for private use.
_FIXED = {blank: 0xE000 + blank for blank in map(ord, " \t\r\n\f")}
_LOOSE = {sign: blank for blank, sign in _FIXED.items()}
_LINE_BREAK_BLANKS = re.compile(r"(\r?\n)([ \t]*)")


@dataclass(frozen=True)
class HtmlSlot:
    """A text of a page: a range of tokens, or an attribute of a tag."""

    segment: TextSegment
    start: int
    end: int
    sentence: "_Sentence | None" = None
    attribute: str = ""


class HtmlDocument:
    """A page in pieces, some of which a translation replaces."""

    def __init__(self, source: SourceText, settings: FormatSettings, is_xml: bool = False) -> None:
        self.source, self.settings = source, settings
        self.tokens = list(html_tokens(source.text, is_xml))
        self._offsets = [0, *accumulate(len(token.raw) for token in self.tokens)]
        lines = [0, *accumulate(token.raw.count("\n") for token in self.tokens)]
        self._lines = [line + 1 for line in lines]
        self._root = next((i for i, each in enumerate(self.tokens) if each.name == "html"), None)
        self.slots = list(self._slots(0, len(self.tokens)))
        self.segments: Sequence[TextSegment] = [slot.segment for slot in self.slots]

    def write(self, translations: Sequence[SegmentTranslation | None]) -> bytes:
        return self.source.encode(self.write_text(translations))

    def write_text(self, translations: Sequence[SegmentTranslation | None]) -> str:
        """Return the page with translations as text."""
        pieces = [token.raw for token in self.tokens]
        changed = False
        for slot, made in zip(self.slots, translations, strict=True):
            if made is None or made.text == slot.segment.text:
                continue
            changed = True
            if slot.sentence is None:
                pieces[slot.start] = self._with_value(pieces[slot.start], slot.attribute, made.text)
            else:
                written = slot.sentence.write(made.text, pieces, self.source)
                pieces[slot.start : slot.end] = [written, *[""] * (slot.end - slot.start - 1)]
        if changed:
            self._set_language(pieces)
        return "".join(pieces)

    def _slots(self, start: int, stop: int, depth: int = 0) -> Iterator[HtmlSlot]:
        run, index = list[TilePart](), start
        while index < stop:
            token, end = self.tokens[index], index + 1
            is_alone = is_left_alone(token) or self._is_foreign(index, stop)
            if is_alone:
                end = element_end(self.tokens, index, stop)
                yield from self._inner_slots(index + 1, end, depth)
            elif token.kind in ("open", "single"):
                yield from self._attribute_slots(index)
            if is_inline(token):
                run.append(TilePart(html_part(token), index, end))
                if is_alone:
                    run[-1] = TilePart(run[-1].part._replace(kind="single"), index, end)
            else:
                yield from self._run_slots(run)
                run = []
            index = end
        yield from self._run_slots(run)

    def _is_foreign(self, index: int, stop: int) -> bool:
        """Return whether an element is in another language than the page, as its `lang` says."""
        token = self.tokens[index]
        if token.kind != "open" or token.name in ("html", "body") or "lang" not in token.raw:
            return False
        own, source = language_of(token), base_language(self.settings.source_language)
        page = "" if self._root is None else language_of(self.tokens[self._root])
        if not source or own in ("", source) or page not in ("", source):
            return False
        return self._closed.get(index, stop) < stop

    @cached_property
    def _closed(self) -> dict[int, int]:
        """Return the index of the end tag of each element that has one."""
        ends, opened = dict[int, int](), defaultdict[str, list[int]](list)
        for index, token in enumerate(self.tokens):
            if token.kind == "open":
                opened[token.name].append(index)
            elif token.kind == "close" and opened[token.name]:
                ends[opened[token.name].pop()] = index
        return ends

    def _inner_slots(self, start: int, stop: int, depth: int) -> Iterator[HtmlSlot]:
        """Yield slots of elements that are to be translated in one that is not."""
        index = start if depth < _MAX_SWITCHES else stop
        while index < stop:
            token, end = self.tokens[index], index + 1
            if token.kind == "open" and token.attributes.get("translate", "").lower() == "yes":
                end = element_end(self.tokens, index, stop)
                yield from self._slots(index, end, depth + 1)
            index = end

    def _attribute_slots(self, index: int) -> Iterator[HtmlSlot]:
        token = self.tokens[index]
        if "=" not in token.raw:
            return
        for name in text_attributes(token):
            location = f"line {self._lines[index]}, {name}"
            yield HtmlSlot(
                TextSegment(token.attributes[name], location), index, index + 1, attribute=name
            )

    def _run_slots(self, run: Sequence[TilePart]) -> Iterator[HtmlSlot]:
        for sentence in sentences(run):
            before, core, _ = trim_parts([each.part for each in sentence])
            tiles = sentence[len(before) : len(before) + len(core)]
            if not any(part.kind == "text" for part in core):
                continue
            tiles = [each._replace(part=part) for each, part in zip(tiles, core, strict=True)]
            start, end = tiles[0].start, tiles[-1].end
            offset = self._offsets[start]
            made = _Sentence(tiles, offset - self.source.text.rfind("\n", 0, offset) - 1)
            segment = TextSegment(made.pieces.text, f"line {self._lines[start]}")
            yield HtmlSlot(segment, start, end, made)

    def _with_value(self, tag: str, attribute: str, value: str) -> str:
        """Return a tag with a new value of an attribute."""
        for match in attribute_matches(tag):
            if match["name"].lower() != attribute:
                continue
            group = str(match.lastgroup)
            start, end = match.span(group)
            quote = {"double": '"', "single": "'"}.get(group, "")
            escaped = HtmlEscaper(match[group], self.source.encoding, quote or '"')(value)
            needs_quotes = not quote and not _UNQUOTED.fullmatch(escaped)
            return tag[:start] + (f'"{escaped}"' if needs_quotes else escaped) + tag[end:]
        return tag

    def _set_language(self, pieces: list[str]) -> None:
        """Set the language of the page."""
        source, target = self.settings.source_language, self.settings.target_language
        root = self._root
        if root is None or not source or not target:
            return
        for name in ("lang", "xml:lang"):
            value = self.tokens[root].attributes.get(name, "")
            if base_language(value) == base_language(source):
                pieces[root] = self._with_value(pieces[root], name, target)


class _Sentence:
    """A sentence in tokens, and the way of its translation back."""

    def __init__(self, tiles: Sequence[TilePart], column: int) -> None:
        self.tiles, self.column = tiles, column
        self.pieces = InlinePieces([each.part for each in tiles])

    def write(self, translation: str, pieces: Sequence[str], source: SourceText) -> str:
        """Return the translation with tags as they are in `pieces`, in lines as it was."""
        texts = [each.part for each in self.tiles if each.part.kind == "text"]
        escape = HtmlEscaper("".join(part.raw for part in texts), source.encoding)
        written = ""
        for piece in self.pieces.write(translation):
            if isinstance(piece, str):
                written += escape(piece)
            else:
                tile = self.tiles[piece]
                written += "".join(pieces[tile.start : tile.end]).translate(_FIXED)
        found = (_LINE_BREAK_BLANKS.search(part.raw) for part in texts)
        line_break = next(filter(None, found), None)
        if line_break is not None:
            raw = "".join("".join(pieces[each.start : each.end]) for each in self.tiles)
            width = max(len(line.rstrip()) for line in (" " * self.column + raw).split("\n"))
            filled = textwrap.wrap(
                written, width, break_long_words=False, break_on_hyphens=False,
                initial_indent="\ue000" * self.column, subsequent_indent=line_break[2],
            )  # fmt: skip
            written = line_break[1].join(filled)[self.column :]
        return written.translate(_LOOSE)


def decode_html(data: bytes) -> SourceText:
    """Decode a page by its byte order mark, or as it says itself, or as UTF-8.

    Raises:
        TextError: it is not in its encoding.
    """
    found = _CHARSET.search(data[:_CHARSET_BYTES])
    name = (found[1] or found[2]).decode("ascii", "replace").lower() if found else "utf-8"
    return SourceText.decode(data, _READ_AS.get(name, name))


def parse_html_text(text: str, settings: FormatSettings) -> HtmlDocument:
    """Parse a page, or a part of one, that is decoded already: of a request to a server.

    >>> document = parse_html_text("Say <b>hello</b> &amp; go.", FormatSettings())
    >>> document.segments[0].text
    'Say <g1>hello</g1> & go.'
    >>> document.write_text([SegmentTranslation("Geh & sag <g1>hallo</g1>.")])
    'Geh &amp; sag <b>hallo</b>.'
    """
    return HtmlDocument(SourceText(text), settings)


def parse_html_document(data: bytes, settings: FormatSettings) -> HtmlDocument:
    """Parse a page. Any text is HTML; XML with its declaration or namespace is XHTML.

    Raises:
        TextError: it is not in its encoding.
    """
    source = decode_html(data)
    return HtmlDocument(source, settings, _is_xml(data, source.text))


def _is_xml(data: bytes, text: str) -> bool:
    if text.lstrip().startswith("<?xml"):
        return True
    if _XHTML not in text[:_CHARSET_BYTES]:
        return False
    try:
        parse_xml(data)
    except TextError:
        return False
    return True
