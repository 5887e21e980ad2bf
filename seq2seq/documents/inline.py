"""Markup inside a sentence, as tags that translators protect: `<g1>`, `</g1>` and `<x2/>`.

>>> from seq2seq.documents.inline import InlinePart, InlineText
>>> parts = [InlinePart("text", "See "), InlinePart("open", "<b id='a'>", key="b"),
...          InlinePart("text", "all"), InlinePart("close", "</b>", key="b"),
...          InlinePart("text", " &amp; more", "& more")]
>>> inline = InlineText(parts)
>>> inline.text
'See <g1>all</g1> & more'
>>> inline.write("& <g1>ALLES</g1>", lambda text: text.replace("&", "&amp;"))
"&amp; <b id='a'>ALLES</b>"
"""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import NamedTuple

from seq2seq.documents.xml_source import escape_cdata
from seq2seq.errors import TextError

_TAG = re.compile(r"<(/?)g(\d{1,5})>|<x(\d{1,5})/>")
MAX_TAGS = 99_999  # of a sentence


class InlinePart(NamedTuple):
    """A part of a sentence: characters, or markup."""

    kind: str  # text, open, close or single
    raw: str  # as the document has it
    characters: str | None = None  # of text: without escapes; None: as `raw`
    key: str = ""  # a closing part ends the opening one of its key
    is_literal: bool = False  # of an opening part: no escapes and no markup inside, as in CDATA

    @property
    def text(self) -> str:
        """Return the characters of text."""
        return self.raw if self.characters is None else self.characters


class _Tag(NamedTuple):
    """Markup that a tag stands for; `closing` is None for one that stands alone."""

    opening: str
    closing: str | None = None
    is_literal: bool = False


class InlineText:
    """The text of a sentence with tags for its markup, and the way back.

    Markup that encloses all of the sentence, and blank parts around it, are not in the text. An
    opening part without its closing one, or crossed by another, is a tag that stands alone.
    """

    def __init__(self, parts: Sequence[InlinePart], like: "InlineText | None" = None) -> None:
        """Number the markup.

        Args:
            parts: of the sentence.
            like: a sentence in the other language, whose numbers equal markup gets here.
        """
        pairs = _matching(parts)
        first, last = _core(parts, pairs)
        self._before = "".join(part.raw for part in parts[:first])
        self._after = "".join(part.raw for part in parts[last:])
        self._is_literal = any(part.is_literal for part in parts[:first])
        self._tags: dict[int, _Tag] = {}
        texts = (part.text for part in parts[first:last] if part.kind == "text")
        # What looks like a tag and is text keeps its number for itself.
        taken = {int(m[2] or m[3]) for text in texts for m in _TAG.finditer(text)}
        known = {tag.opening: number for number, tag in (like._tags if like else {}).items()}
        numbers = _numbers(taken | {*known.values()})
        names, pieces = dict[int, int](), list[str]()
        for index in range(first, last):
            part, partner = parts[index], pairs.get(index)
            if part.kind == "text":
                pieces.append(part.text)
            elif partner is None:
                number = known.pop(part.raw, 0) or next(numbers)
                self._tags[number] = _Tag(part.raw)
                pieces.append(f"<x{number}/>")
            elif partner > index:
                number = names[partner] = known.pop(part.raw, 0) or next(numbers)
                self._tags[number] = _Tag(part.raw, parts[partner].raw, part.is_literal)
                pieces.append(f"<g{number}>")
            else:
                pieces.append(f"</g{names[index]}>")
        self.text = "".join(pieces)

    def write(self, translation: str, escape: Callable[[str], str]) -> str:
        """Return a translation with the document's markup instead of tags, well-nested.

        A tag that the translation lacks is put at its end, one that it has twice is written once.

        Args:
            translation: text with the tags of `text`.
            escape: turns characters into what the document has for them.
        """
        return (
            self._before + _Writer(self._tags, escape, self._is_literal)(translation) + self._after
        )

    def has_all_tags(self, translation: str) -> bool:
        """Return whether a translation has the tags of the text, each once."""
        return sorted(self._own(self.text)) == sorted(self._own(translation))

    def _own(self, text: str) -> list[str]:
        return [m[0] for m in _TAG.finditer(text) if int(m[2] or m[3]) in self._tags]


def _numbers(taken: Collection[int]) -> Iterator[int]:
    """Yield the numbers of tags.

    Raises:
        TextError: they are used up.
    """
    yield from (number for number in range(1, MAX_TAGS + 1) if number not in taken)
    raise TextError(f"a sentence has more than {MAX_TAGS:,} tags")


def strip_tags(text: str) -> str:
    """Return text without tags for markup."""
    return _TAG.sub("", text)


def _matching(parts: Sequence[InlinePart]) -> dict[int, int]:
    """Return the index of each part's partner, both ways, for pairs that do not cross."""
    pairs, stack = dict[int, int](), list[int]()
    for index, part in enumerate(parts):
        if part.kind == "open":
            stack.append(index)
        elif part.kind == "close":
            if stack and parts[stack[-1]].key == part.key:
                begin = stack.pop()
                pairs |= {begin: index, index: begin}
            else:  # it crosses the pairs that are open, or has no partner
                keys = [parts[each].key for each in stack]
                if part.key in keys:
                    del stack[len(keys) - 1 - keys[::-1].index(part.key)]
    return pairs


def _core(parts: Sequence[InlinePart], pairs: dict[int, int]) -> tuple[int, int]:
    """Return the range of the parts without blanks and enclosing markup around them."""
    first, last = 0, len(parts)
    while first < last:
        if _is_blank(parts[first]):
            first += 1
        elif _is_blank(parts[last - 1]):
            last -= 1
        elif pairs.get(first) == last - 1:
            first, last = first + 1, last - 1
        else:
            break
    return first, last


def _is_blank(part: InlinePart) -> bool:
    """Return whether a part at an end of a sentence is none of it: blanks, or a comment."""
    is_comment = part.kind == "single" and part.raw.startswith("<!--")
    return is_comment or (part.kind == "text" and not part.text.strip())


class _Writer:
    """The translation so far."""

    def __init__(
        self, tags: dict[int, _Tag], escape: Callable[[str], str], is_literal: bool
    ) -> None:
        self._tags, self._escape, self._is_literal = tags, escape, is_literal
        self._missing = dict.fromkeys(tags)
        self._open: list[int] = []
        self._pieces: list[str] = []

    def __call__(self, translation: str) -> str:
        position = 0
        for match in _TAG.finditer(translation):
            number = int(match[2] or match[3])
            tag = self._tags.get(number)
            if tag is None or (tag.closing is None) == (match[3] is None):
                continue  # text that looks like a tag
            self._add_text(translation[position : match.start()])
            position = match.end()
            if match[1]:
                self._close(number)
            elif number in self._missing:
                self._add_tag(number, tag)
        self._add_text(translation[position:])
        while self._open:
            self._close(self._open[-1])
        for number in list(self._missing):
            self._add_tag(number, self._tags[number])
            self._close(number)
        return "".join(self._pieces)

    def _add_text(self, text: str) -> None:
        is_literal = self._is_literal or (self._open and self._tags[self._open[-1]].is_literal)
        if text:
            self._pieces.append(escape_cdata(text) if is_literal else self._escape(text))

    def _add_tag(self, number: int, tag: _Tag) -> None:
        if self._open and self._tags[self._open[-1]].is_literal:  # no markup inside
            self._close(self._open[-1])
        del self._missing[number]
        self._pieces.append(tag.opening)
        if tag.closing is not None:
            self._open.append(number)

    def _close(self, number: int) -> None:
        """Write the closing parts of a tag, and of those that were opened inside it."""
        while number in self._open:
            last = self._open.pop()
            self._pieces.append(self._tags[last].closing or "")
