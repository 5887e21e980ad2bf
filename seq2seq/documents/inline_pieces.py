"""Translations of text with markup as pieces, for formats that lay them out anew.

>>> from seq2seq.documents.inline import InlinePart
>>> from seq2seq.documents.inline_pieces import InlinePieces
>>> parts = [InlinePart("text", "See "), InlinePart("single", "<br>"), InlinePart("text", "all.")]
>>> pieces = InlinePieces(parts)
>>> pieces.text, pieces.write("Alles <x1/>.")
('See <x1/>all.', ['Alles ', 1, '.'])
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from seq2seq.documents.inline import InlinePart, InlineText

# Nothing in a document has this sign: a part of markup is its index between two of them.
_SIGN = "\0"
_INDEX = re.compile(rf"{_SIGN}(\d+){_SIGN}")


class InlinePieces:
    """The text of parts with tags for markup, and the way back to pieces.

    Neighbours that stand alone have one tag together.
    """

    def __init__(self, parts: Sequence[InlinePart]) -> None:
        self.parts = parts
        marked = list[InlinePart]()
        for index, part in enumerate(parts):
            if part.kind == "text":
                marked.append(part._replace(raw=_clean(part.text), characters=None))
                continue
            raw = f"{_SIGN}{index}{_SIGN}"
            if part.kind == "single" and marked and marked[-1].kind == "single":
                marked[-1] = marked[-1]._replace(raw=marked[-1].raw + raw)
            else:
                marked.append(part._replace(raw=raw))
        self._inline = InlineText(marked)

    @property
    def text(self) -> str:
        """Return the text with tags, without blanks and enclosing markup around it."""
        return self._inline.text

    def write(self, translation: str) -> list[str | int]:
        """Return a translation as characters, and indices of the parts that are markup."""
        written = self._inline.write(_clean(translation), str)
        return [
            int(piece) if is_index else piece
            for is_index, piece in _alternating(_INDEX.split(written))
            if piece
        ]


def _clean(text: str) -> str:
    return text.replace(_SIGN, "")


def _alternating(pieces: Sequence[str]) -> Iterator[tuple[bool, str]]:
    for index, piece in enumerate(pieces):
        yield index % 2 == 1, piece


class TrimmedParts(NamedTuple):
    """Parts in front of a text, of the text, and behind it."""

    before: list[InlinePart]
    core: list[InlinePart]
    after: list[InlinePart]


def trim_parts(parts: Sequence[InlinePart]) -> TrimmedParts:
    """Take blanks, markup that stands alone, and markup that encloses all from both ends.

    Markup that has no partner stands alone.
    """
    core = [piece for part in _with_partners(parts) for piece in _without_edges(part)]
    first, last = 0, len(core)
    while first < last:
        if is_margin(core[first]):
            first += 1
        elif is_margin(core[last - 1]):
            last -= 1
        elif _encloses(core[first:last]):
            first, last = first + 1, last - 1
        else:
            break
    return TrimmedParts(core[:first], core[first:last], core[last:])


def _with_partners(parts: Sequence[InlinePart]) -> Iterator[InlinePart]:
    """Yield the parts; what opens and is not closed, or the other way, stands alone."""
    stack, paired = list[int](), set[int]()
    for index, part in enumerate(parts):
        if part.kind == "open":
            stack.append(index)
        elif part.kind == "close":
            keys = [parts[each].key for each in stack]
            if part.key in keys:
                del stack[len(keys) - keys[::-1].index(part.key) :]
                paired |= {stack.pop(), index}
    for index, part in enumerate(parts):
        is_alone = part.kind in ("open", "close") and index not in paired
        yield part._replace(kind="single") if is_alone else part


def is_margin(part: InlinePart) -> bool:
    """Return whether a part at the edge of a text need not be translated with it."""
    return part.kind == "single" or (part.kind == "text" and not part.text.strip())


def _without_edges(part: InlinePart) -> Iterator[InlinePart]:
    """Yield text with its blanks apart, where they can be told apart in what is written."""
    if part.kind != "text" or part.raw != part.text:
        yield part
        return
    body = part.raw.strip()
    if not body:
        yield part
        return
    start = part.raw.index(body)
    for raw in (part.raw[:start], body, part.raw[start + len(body) :]):
        if raw:
            yield part._replace(raw=raw, characters=None)


def _encloses(parts: Sequence[InlinePart]) -> bool:
    """Return whether the first part opens what the last one closes.

    An end that a translation writes in another way, in `characters`, is a part of the text.
    """
    depth = 0
    if parts[-1].characters is not None:
        return False
    for index, part in enumerate(parts):
        depth += (part.kind == "open") - (part.kind == "close")
        if depth <= 0:
            return index == len(parts) - 1 > 0 and part.kind == "close" and part.key == parts[0].key
    return False
