"""Sentences of XML: the content of an element as text with tags, and slots for it."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from seq2seq.documents.document import TextSegment
from seq2seq.documents.inline import InlinePart, InlineText
from seq2seq.documents.source_text import Slot
from seq2seq.documents.xml_source import (
    XmlElement,
    XmlEscaper,
    XmlSource,
    XmlText,
    unescape_xml,
)

_LINE_BREAKS = re.compile(r"[ \t\r]*\n\s*")
_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)[^\s;#&]+;")
_EDGES = re.compile(r"([ \t\r\n]*)(.*?)([ \t\r\n]*)", re.DOTALL)


def _no_code(_: XmlElement) -> bool:
    return False


def _alone(_: XmlElement) -> tuple[str, str]:
    return "single", ""


def inline_parts(
    nodes: Iterable[XmlElement | XmlText],
    xml: XmlSource,
    is_code: Callable[[XmlElement], bool] = _no_code,
    is_preserved: bool = False,
    role: Callable[[XmlElement], tuple[str, str]] = _alone,
) -> Iterator[InlinePart]:
    """Yield the parts of the content of an element.

    Args:
        nodes: the children of an element, or some of them.
        xml: their document.
        is_code: whether the content of an element is no text: the whole element is a single tag.
        is_preserved: keep line breaks; else a line break with the blanks around it is one blank.
        role: of code, the kind of its part (open, close, single) and the key of its partner.
    """
    for node in nodes:
        if isinstance(node, XmlText):
            yield from _text_parts(node, is_preserved)
        elif node.is_empty or is_code(node):
            kind, key = role(node)
            yield InlinePart(kind, xml.raw(node.start, node.end), key=key)
        else:
            key = node.name
            yield InlinePart("open", node.tag, key=key)
            yield from inline_parts(node.children, xml, is_code, is_preserved, role)
            yield InlinePart("close", xml.raw(node.inner_end, node.end), key=key)


def _text_parts(node: XmlText, is_preserved: bool) -> Iterator[InlinePart]:
    if node.kind == "cdata":
        yield InlinePart("open", "<![CDATA[", key="<![CDATA[", is_literal=True)
        yield from _pieces(node.content, is_preserved, is_literal=True)
        yield InlinePart("close", "]]>", key="<![CDATA[")
    elif node.kind == "text":
        yield from _pieces(node.raw, is_preserved, is_literal=False)
    else:
        yield InlinePart("single", node.raw)


def _pieces(raw: str, is_preserved: bool, is_literal: bool) -> Iterator[InlinePart]:
    """Yield text, its blanks at both ends, and entities, which are tags."""
    position = 0
    for entity in () if is_literal else _ENTITY.finditer(raw):
        yield from _blanks_apart(raw[position : entity.start()], is_preserved, is_literal)
        yield InlinePart("single", entity[0])
        position = entity.end()
    yield from _blanks_apart(raw[position:], is_preserved, is_literal)


def _blanks_apart(raw: str, is_preserved: bool, is_literal: bool) -> Iterator[InlinePart]:
    match = _EDGES.fullmatch(raw)
    for piece in match.groups() if match else ():
        if piece:
            text = piece if is_literal else unescape_xml(piece)
            text = text.replace("\r\n", "\n") if is_preserved else _LINE_BREAKS.sub(" ", text)
            yield InlinePart("text", piece, text)


def element_slot(
    xml: XmlSource,
    parts: Sequence[InlinePart],
    start: int,
    end: int,
    segment: Callable[[str], TextSegment],
) -> Slot:
    """Return a slot for a stretch of XML.

    Args:
        xml: the document.
        parts: the parts of the stretch.
        start: where it begins.
        end: where it ends.
        segment: makes the segment of its text.
    """
    inline = InlineText(parts)
    escape = XmlEscaper(xml.raw(start, end), xml.source.encoding)
    newline = xml.source.newline

    def render(translation: str) -> str:
        return inline.write(translation.replace("\n", newline), escape)

    return Slot(segment(inline.text), start, end, render)


def attribute_slot(
    xml: XmlSource, element: XmlElement, name: str, segment: Callable[[str], TextSegment]
) -> Slot:
    """Return a slot for the value of an attribute that the element has."""
    found = element.attributes[name]
    escape = XmlEscaper(found.raw, xml.source.encoding, found.quote)
    return Slot(segment(unescape_xml(found.raw)), found.start, found.end, escape)
