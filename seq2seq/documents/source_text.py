"""The text of a document with its encoding, and edits of it that leave all else as it was."""

import codecs
import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from seq2seq.documents.document import SegmentTranslation, TextSegment
from seq2seq.errors import TextError

# The longer ones first: that of UTF-32 begins like that of UTF-16.
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Encodings of Python that are none of text, take quadratic time, or always fail.
_REFUSED = ("idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "utf-7")

# Names that leave the order of bytes open, or write a byte order mark that was not there.
_ORDERED = {"utf-16": "utf-16-le", "utf-32": "utf-32-le", "utf-8-sig": "utf-8"}

_SURROGATE = re.compile("[\ud800-\udfff]")


class EncodingError(TextError):
    """A document that is not in the encoding in which it was read."""


@dataclass(frozen=True)
class SourceText:
    """Decoded text, and what is needed to encode it again."""

    text: str
    encoding: str = "utf-8"
    bom: bytes = b""  # the byte order mark in front

    @classmethod
    def decode(cls, data: bytes, encoding: str = "utf-8") -> "SourceText":
        """Decode `data`, by its byte order mark or else as `encoding`.

        Raises:
            TextError: the data is not in this encoding, or Python does not know the encoding.
        """
        bom, encoding = next(
            ((bom, name) for bom, name in _BOMS if data.startswith(bom)), (b"", encoding)
        )
        try:
            name = codecs.lookup(encoding).name
            if name.replace("-", "_") in _REFUSED:
                raise LookupError
            encoding = _ORDERED.get(name, encoding)
            text = data[len(bom) :].decode(encoding)
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, len(bom) + error.start) + 1
            raise EncodingError(
                f"line {line} is not {encoding.upper()} at byte {len(bom) + error.start}"
            ) from None
        except (LookupError, ValueError):  # the second one: a name with a NUL
            raise TextError(f"there is no text encoding {encoding[:40]!r}") from None
        return cls(text, encoding, bom)

    def encode(self, text: str) -> bytes:
        """Encode `text` as the document was.

        Raises:
            TextError: a character of a translation is not in the encoding of the document.
        """
        try:
            return self.bom + text.encode(self.encoding)
        except UnicodeEncodeError as error:
            raise TextError(
                f"a translation has {text[error.start]!r}, which {self.encoding.upper()}, "
                "the encoding of the document, does not have"
            ) from None

    @cached_property
    def newline(self) -> str:
        """Return the line end of most lines."""
        returns = self.text.count("\r\n")
        return "\r\n" if returns > self.text.count("\n") - returns else "\n"

    def line_of(self, offset: int) -> int:
        """Return the number of the line that the character at `offset` is in, from 1."""
        return bisect_left(self._line_ends, offset) + 1

    @cached_property
    def _line_ends(self) -> list[int]:
        return [match.start() for match in re.finditer("\n", self.text)]


def join_surrogates(text: str) -> str:
    """Return text in which two escapes for a character beyond U+FFFF are one character."""
    if not _SURROGATE.search(text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class Edit(NamedTuple):
    """New text for a part of the text of a document."""

    start: int
    end: int
    text: str


def apply_edits(text: str, edits: Sequence[Edit]) -> str:
    """Return `text` with edits, which do not overlap."""
    parts, end = [], 0
    for edit in sorted(edits):
        parts += [text[end : edit.start], edit.text]
        end = edit.end
    return "".join([*parts, text[end:]])


@dataclass(frozen=True)
class Slot:
    """The part of a text that a segment is written into."""

    segment: TextSegment
    start: int
    end: int
    render: Callable[[str], str]  # the translation as the format writes it, with escapes

    @property
    def current(self) -> str:
        """Return the text that is in the slot before translation."""
        existing = self.segment.existing
        return self.segment.text if existing is None else existing


@dataclass(frozen=True)
class SlottedDocument:
    """A document each segment of which is one part of its text: enough for most formats."""

    source: SourceText
    slots: Sequence[Slot]
    header: Sequence[Edit] = ()  # made where something is translated: the language

    @property
    def segments(self) -> Sequence[TextSegment]:
        return [slot.segment for slot in self.slots]

    def write(self, translations: Sequence[SegmentTranslation | None]) -> bytes:
        return self.source.encode(apply_edits(self.source.text, self.edits(translations)))

    def edits(self, translations: Sequence[SegmentTranslation | None]) -> list[Edit]:
        """Return the edits that write translations."""
        edits = [
            Edit(slot.start, slot.end, slot.render(translation.text))
            for slot, translation in zip(self.slots, translations, strict=True)
            if translation is not None and translation.text != slot.current
        ]
        return [*edits, *self.header] if edits else []
