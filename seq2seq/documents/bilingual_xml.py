"""Documents of XML that have sources and targets side by side: XLIFF and TMX."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from seq2seq.documents.document import SegmentTranslation, TextSegment
from seq2seq.documents.inline import InlineText
from seq2seq.documents.source_text import Edit, apply_edits
from seq2seq.documents.xml_source import XmlElement, XmlEscaper, XmlSource
from seq2seq.documents.xml_text import inline_parts

# Inline elements of both formats whose content is code of the original's format.
_CODE = {"x", "bx", "ex", "bpt", "ept", "ph", "it", "ut", "sc", "ec", "cp", "sm", "em"}
_OPENING = {"bx": ("rid", "id"), "bpt": ("rid", "i", "id"), "sc": ("id",), "sm": ("id",)}
_CLOSING = {
    "ex": ("rid", "id"),
    "ept": ("rid", "i", "id"),
    "ec": ("startRef", "id"),
    "em": ("startRef",),
}


class Piece(NamedTuple):
    """A sentence of a unit, with its extent in the document."""

    segment: TextSegment
    inline: InlineText
    start: int
    end: int


@dataclass(frozen=True)
class BilingualUnit:
    """A source of a document, and what writes its target."""

    pieces: Sequence[Piece]  # of the source, in its order
    start: int  # of the content of the source
    end: int
    # From the content of a target, whether it is sure, and whether it is of a translation memory.
    write: Callable[[str, bool, bool], Sequence[Edit]]


@dataclass(frozen=True)
class BilingualDocument:
    """A document of units."""

    xml: XmlSource
    units: Sequence[BilingualUnit]
    header: Sequence[Edit]  # made where something is translated: languages

    @property
    def segments(self) -> Sequence[TextSegment]:
        return [piece.segment for unit in self.units for piece in unit.pieces]

    def write(self, translations: Sequence[SegmentTranslation | None]) -> bytes:
        edits, rest = list[Edit](), iter(translations)
        for unit in self.units:
            made = [next(rest) for _ in unit.pieces]
            if self._is_changed(unit, made):
                is_sure = all(
                    one is None or (one.is_sure and piece.inline.has_all_tags(one.text))
                    for piece, one in zip(unit.pieces, made, strict=True)
                )
                is_recalled = all(one is None or one.is_recalled for one in made)
                edits += unit.write(self._content(unit, made), is_sure, is_recalled)
        return self.xml.source.encode(
            apply_edits(self.xml.source.text, [*edits, *self.header] if edits else [])
        )

    @staticmethod
    def _is_changed(unit: BilingualUnit, made: Sequence[SegmentTranslation | None]) -> bool:
        return any(
            one is not None and one.text != piece.segment.existing
            for piece, one in zip(unit.pieces, made, strict=True)
        )

    def _content(self, unit: BilingualUnit, made: Sequence[SegmentTranslation | None]) -> str:
        """Return the content of the source with translations instead of its sentences."""
        raw, newline = self.xml.raw(unit.start, unit.end), self.xml.source.newline
        escape = XmlEscaper(raw, self.xml.source.encoding)
        edits = []
        for piece, one in zip(unit.pieces, made, strict=True):
            text = one.text if one is not None else piece.segment.existing
            if text is not None:
                written = piece.inline.write(text.replace("\n", newline), escape)
                edits.append(Edit(piece.start - unit.start, piece.end - unit.start, written))
        return apply_edits(raw, edits)


def sentence(xml: XmlSource, element: XmlElement, like: InlineText | None = None) -> InlineText:
    """Return the text of an element, with tags for inline elements.

    Args:
        xml: the document.
        element: a source, a target, or a sentence in one.
        like: the text of the source, if it is a target: equal elements have equal tags.
    """
    is_preserved = element.inherited("xml:space") == "preserve"
    parts = list(inline_parts(element.children, xml, _is_code, is_preserved, _role))
    return InlineText(parts, like)


def _is_code(element: XmlElement) -> bool:
    is_left = element.local_name == "mrk" and "no" in (
        element.get("translate"),
        {"protected": "no"}.get(element.get("mtype") or ""),
    )
    return is_left or element.local_name in _CODE


def _role(element: XmlElement) -> tuple[str, str]:
    """Return whether a code opens, closes or stands alone, and the key of its partner."""
    for kind, table in (("open", _OPENING), ("close", _CLOSING)):
        names = table.get(element.local_name, ())
        key = next((value for value in map(element.get, names) if value is not None), None)
        if key is not None:
            return kind, key
    return "single", ""


def with_attributes(tag: str, values: Mapping[str, str]) -> str:
    """Return a start tag with attributes set; other attributes stay as they are.

    Args:
        tag: as it is written.
        values: by name, without characters that need escapes.
    """
    for name, value in values.items():
        pattern = re.compile(rf"(\s{re.escape(name)}\s*=\s*)(\"[^\"]*\"|'[^']*')")
        if pattern.search(tag):
            tag = pattern.sub(rf'\g<1>"{value}"', tag, count=1)
        else:
            end = len(tag.rstrip("/>").rstrip())
            tag = f'{tag[:end]} {name}="{value}"{tag[end:]}'
    return tag


def attribute_edit(element: XmlElement, values: Mapping[str, str]) -> Edit:
    """Return the edit that sets attributes of an element."""
    tag = with_attributes(element.tag, values)
    return Edit(element.start, element.start + len(element.tag), tag)


def filled(xml: XmlSource, element: XmlElement, content: str, values: Mapping[str, str]) -> Edit:
    """Return the edit that gives an element another content, and sets attributes."""
    tag = with_attributes(element.tag, values)
    if element.is_empty:
        tag = tag[:-2].rstrip() + ">"
        closing = f"</{element.name}>"
    else:
        closing = xml.raw(element.inner_end, element.end)
    return Edit(element.start, element.end, f"{tag}{content}{closing}")


def indent_before(xml: XmlSource, element: XmlElement) -> str:
    """Return the line end and the blanks in front of an element that begins its line, else ""."""
    before = xml.source.text[: element.start].rpartition("\n")
    if before[1] and not before[2].strip():
        return xml.source.newline + before[2]
    return ""
