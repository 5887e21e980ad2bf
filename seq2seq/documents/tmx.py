"""TMX 1.4, translation memories: units that lack a text in the target language get one.

https://www.gala-global.org/tmx-14b
"""

from collections.abc import Iterator, Sequence

from seq2seq.documents.bilingual_xml import (
    BilingualDocument,
    BilingualUnit,
    Piece,
    filled,
    indent_before,
    sentence,
    with_attributes,
)
from seq2seq.documents.document import FormatSettings, TextSegment
from seq2seq.documents.source_text import Edit
from seq2seq.documents.xml_source import XmlElement, XmlSource, parse_xml
from seq2seq.errors import TextError
from seq2seq.text.languages import base_language


def parse_tmx_document(data: bytes, settings: FormatSettings) -> BilingualDocument:
    """Parse a translation memory.

    Raises:
        TextError: it is no XML, no TMX, or there is no text in the source language.
    """
    xml = parse_xml(data)
    if xml.root.local_name != "tmx":
        raise TextError(f"{xml.location(xml.root)}: TMX begins with tmx, not {xml.root.name}")
    header = xml.root.child("header")
    declared = (header.get("srclang") if header else None) or ""
    source = settings.source_language or ("" if declared == "*all*" else declared)
    units = [
        unit
        for each in xml.root.descendants("tu")
        for unit in _unit(xml, each, source, settings.target_language)
    ]
    return BilingualDocument(xml, units, [])


def _language(variant: XmlElement) -> str:
    return variant.get("xml:lang") or variant.get("lang") or ""


def _variant(variants: Sequence[XmlElement], language: str) -> XmlElement | None:
    """Return the variant in a language: of this code, else of its base, as de-AT for de."""
    codes = [_language(each).lower().replace("_", "-") for each in variants]
    code = language.lower().replace("_", "-")
    if code in codes:
        return variants[codes.index(code)]
    bases = [base_language(each) for each in codes]
    base = base_language(code)
    return variants[bases.index(base)] if base in bases else None


def _unit(xml: XmlSource, unit: XmlElement, source: str, target: str) -> Iterator[BilingualUnit]:
    variants = [each for each in unit.elements if each.local_name == "tuv"]
    original = _variant(variants, source) if source else next(iter(variants), None)
    text = original.child("seg") if original else None
    if original is None or text is None:
        return
    if target:
        translated = _variant(variants, target)
    else:
        translated = next((each for each in variants if each is not original), None)
        if translated is None:
            return
    existing = translated.child("seg") if translated else None
    inline = sentence(xml, text)
    known = sentence(xml, existing, inline).text if existing else ""
    segment = TextSegment(
        inline.text,
        xml.location(text),
        unit.get("tuid") or "",
        existing=known or None,
        is_kept=bool(known),
    )

    def write(content: str, is_sure: bool, is_recalled: bool) -> Sequence[Edit]:
        del is_sure, is_recalled  # TMX has no mark for them
        if existing is not None:
            return [filled(xml, existing, content, {})]
        return [_new_variant(xml, original, text, content, target)]

    piece = Piece(segment, inline, text.inner_start, text.inner_end)
    yield BilingualUnit([piece], text.inner_start, text.inner_end, write)


def _new_variant(
    xml: XmlSource, original: XmlElement, text: XmlElement, content: str, language: str
) -> Edit:
    """Return the edit that writes a variant like the original one behind it."""
    name = "xml:lang" if original.get("xml:lang") is not None else "lang"
    tag = with_attributes(f"<{original.name}>", {name: language})
    before = xml.raw(original.inner_start, text.start)
    after = xml.raw(text.end, original.inner_end)
    if (before + after).strip():  # notes and properties are not copied
        before = after = ""
    opening = text.tag.removesuffix("/>") + ">" if text.is_empty else text.tag
    new = (
        f"{indent_before(xml, original)}{tag}{before}{opening}{content}</{text.name}>"
        f"{after}</{original.name}>"
    )
    return Edit(original.end, original.end, new)
