r"""String resources of Android (strings.xml): strings, arrays and plurals.

Escapes: `\'` and `\"`, `\n`, `\t`, `\@`, `\?`, `\u1234`. Blanks count only between double quotes.
https://developer.android.com/guide/topics/resources/string-resource
"""

import re
from collections.abc import Iterator, Sequence

from seq2seq.documents.bilingual_xml import indent_before, with_attributes
from seq2seq.documents.document import FormatSettings, TextSegment
from seq2seq.documents.inline import InlinePart, InlineText
from seq2seq.documents.json import is_chosen
from seq2seq.documents.plural_keys import missing_categories
from seq2seq.documents.source_text import Slot, SlottedDocument
from seq2seq.documents.xml_source import XmlElement, XmlEscaper, XmlSource, parse_xml
from seq2seq.documents.xml_text import inline_parts
from seq2seq.errors import TextError

_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_NAMED = {"n": "\n", "t": "\t"}
_REFERENCE = re.compile(r"\s*[@?][\w:.+/-]+\s*")  # to another resource or attribute
_LEFT = ("translatable", "translateable")


def parse_android_document(data: bytes, settings: FormatSettings) -> SlottedDocument:
    """Parse string resources; `translatable="false"` and references such as @string/a stay.

    Raises:
        TextError: it is no XML, or has no resources.
    """
    xml = parse_xml(data)
    if xml.root.local_name != "resources":
        raise TextError(
            f"{xml.location(xml.root)}: a file of strings begins with resources, "
            f"not {xml.root.name}"
        )
    slots = [
        slot
        for element in xml.root.elements
        if all(element.get(name) != "false" for name in _LEFT)
        and is_chosen(element.get("name") or "", settings.options)
        for slot in _slots(xml, element, settings.target_language)
    ]
    return SlottedDocument(xml.source, slots)


def _slots(xml: XmlSource, element: XmlElement, language: str) -> Iterator[Slot]:
    name = element.get("name") or ""
    if element.local_name == "string":
        yield from _slot(xml, element, name)
        return
    items = [each for each in element.elements if each.local_name == "item"]
    if element.local_name == "plurals":
        present = [item.get("quantity") or "" for item in items]
        for item, category in zip(items, present, strict=True):
            added = missing_categories(present, language) if category == "other" else []
            yield from _slot(xml, item, name, category, added)
    elif element.local_name in ("string-array", "array"):
        for item in items:
            yield from _slot(xml, item, name)


def _slot(
    xml: XmlSource, element: XmlElement, name: str, category: str = "", added: Sequence[str] = ()
) -> Iterator[Slot]:
    """Yield the slot of a text, with items of other plural categories behind it."""
    raw = xml.raw(element.inner_start, element.inner_end)
    if element.is_empty or _REFERENCE.fullmatch(raw):
        return
    parts = list(inline_parts(element.children, xml, _is_placeholder))
    escape = _Escaper("".join(part.text for part in parts if part.kind == "text"))
    inline = InlineText(list(_unescaped(parts, escape.is_quoted)))
    escape_xml = XmlEscaper(raw, xml.source.encoding)
    closing = xml.raw(element.inner_end, element.end)

    def render(text: str) -> str:
        content = inline.write(escape(text), escape_xml)
        tags = (with_attributes(element.tag, {"quantity": each}) for each in added)
        more = (f"{indent_before(xml, element)}{tag}{content}{closing}" for tag in tags)
        return "".join([content, *([closing, *more] if added else [])])

    segment = TextSegment(inline.text, xml.location(element), name, plural=category)
    end = element.end if added else element.inner_end
    yield Slot(segment, element.inner_start, end, render)


def _is_placeholder(element: XmlElement) -> bool:
    return element.local_name == "g"  # xliff:g, whose content is an example


def _unescaped(parts: Sequence[InlinePart], is_quoted: bool) -> Iterator[InlinePart]:
    """Yield parts without escapes; the quotes around a text in quotes are markup."""
    texts = [i for i, part in enumerate(parts) if part.kind == "text" and part.text.strip()]
    for index, part in enumerate(parts):
        raw, text = part.raw, part.text
        if part.kind != "text":
            yield part
            continue
        if is_quoted and index == texts[0]:
            yield InlinePart("open", '"', key='"')
            raw, text = raw[1:], text[1:]
        is_last = is_quoted and index == texts[-1]
        if is_last:
            raw, text = raw[:-1], text[:-1]
        yield part._replace(raw=raw, characters=_ESCAPE.sub(_character, text))
        if is_last:
            yield InlinePart("close", '"', key='"')


def _character(match: re.Match[str]) -> str:
    return chr(int(match[1], 16)) if match[1] else _NAMED.get(match[2], match[2])


class _Escaper:
    """Escapes of a text, where those of the original tell which quotes have none."""

    def __init__(self, text: str) -> None:
        """Read the escapes of a text without those of XML."""
        plain = _ESCAPE.sub("", text).strip()
        self.is_quoted = plain[:1] == plain[-1:] == '"' and plain.count('"') == 2
        table = {_character(match): match[0] for match in _ESCAPE.finditer(text)}
        table |= {"\\": "\\\\", "\n": "\\n", "\t": "\\t"}
        for quote in "\"'":
            inside = plain[1:-1] if self.is_quoted else plain
            if quote in inside or (self.is_quoted and quote == "'"):
                table.pop(quote, None)
            else:
                table[quote] = f"\\{quote}"
        self._table = str.maketrans(table)

    def __call__(self, text: str) -> str:
        escaped = text.translate(self._table)
        return f"\\{escaped}" if escaped.startswith(("@", "?")) else escaped
