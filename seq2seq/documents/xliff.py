"""XLIFF 1.2 and 2.x: targets of units that have none, with their states.

http://docs.oasis-open.org/xliff/v1.2/os/xliff-core.html
https://docs.oasis-open.org/xliff/xliff-core/v2.1/xliff-core-v2.1.html
"""

from collections.abc import Iterator, Sequence

from seq2seq.documents.bilingual_xml import (
    BilingualDocument,
    BilingualUnit,
    Piece,
    attribute_edit,
    filled,
    indent_before,
    sentence,
)
from seq2seq.documents.document import FormatSettings, TextSegment
from seq2seq.documents.source_text import Edit
from seq2seq.documents.xml_source import XmlElement, XmlSource, parse_xml
from seq2seq.errors import TextError

# States of a target of 1.2 that is there and has no translation: tools copy the source.
_UNTRANSLATED = ("new", "needs-translation")


def parse_xliff_document(data: bytes, settings: FormatSettings) -> BilingualDocument:
    """Parse XLIFF. Units with translate="no" are left out.

    Raises:
        TextError: it is no XML, or no XLIFF.
    """
    xml = parse_xml(data)
    if xml.root.local_name != "xliff":
        raise TextError(f"{xml.location(xml.root)}: XLIFF begins with xliff, not {xml.root.name}")
    if (xml.root.get("version") or "").startswith("1."):
        units = [unit for each in _translatable(xml, "trans-unit") for unit in _unit_1(xml, each)]
        holders, name = list(xml.root.descendants("file")), "target-language"
    else:
        segments = _translatable(xml, "segment")
        units = [unit for each in segments for unit in _unit_2(xml, each)]
        holders, name = [xml.root], "trgLang"
    missing = [] if not settings.target_language else [h for h in holders if not h.get(name)]
    header = [attribute_edit(each, {name: settings.target_language}) for each in missing]
    return BilingualDocument(xml, units, header)


def _translatable(xml: XmlSource, name: str) -> Iterator[XmlElement]:
    for element in xml.root.descendants(name):
        if element.inherited("translate") != "no":
            yield element


def _unit_1(xml: XmlSource, unit: XmlElement) -> Iterator[BilingualUnit]:
    """Yield the unit of a trans-unit; its sentences are those that seg-source marks."""
    original, target = unit.child("source"), unit.child("target")
    if original is None:
        raise TextError(f"{xml.location(unit)}: a trans-unit needs a source")
    source = unit.child("seg-source") or original
    state = target.get("state") if target else None
    marked = [each for each in source.descendants("mrk") if each.get("mtype") == "seg"]
    existing = {}
    if target is not None:
        existing = {
            each.get("mid"): each
            for each in target.descendants("mrk")
            if each.get("mtype") == "seg"
        }
    pieces = []
    for element in marked or [source]:
        old = existing.get(element.get("mid")) if marked else target
        pieces.append(_piece(xml, unit, element, old, state in _UNTRANSLATED))

    def write(content: str, is_sure: bool, is_recalled: bool) -> Sequence[Edit]:
        state = "translated" if is_sure else "needs-review-translation"
        values = {"state": state}
        if is_recalled or (target and target.get("state-qualifier")):
            values["state-qualifier"] = "exact-match" if is_recalled else "mt-suggestion"
        edits = _target_edits(xml, source, target, content, values)
        if unit.get("approved") == "yes" and not is_recalled:  # nobody has seen it
            edits.append(attribute_edit(unit, {"approved": "no"}))
        return edits

    yield BilingualUnit(pieces, source.inner_start, source.inner_end, write)


def _unit_2(xml: XmlSource, segment: XmlElement) -> Iterator[BilingualUnit]:
    """Yield the unit of a segment."""
    source, target = segment.child("source"), segment.child("target")
    if source is None:
        raise TextError(f"{xml.location(segment)}: a segment needs a source")

    def write(content: str, is_sure: bool, is_recalled: bool) -> Sequence[Edit]:
        del is_recalled  # 2.x has no mark for it
        state = attribute_edit(segment, {"state": "translated" if is_sure else "initial"})
        return [*_target_edits(xml, source, target, content, {}), state]

    unit = segment.parent or segment
    piece = _piece(xml, unit, source, target, is_draft=False)
    yield BilingualUnit([piece], source.inner_start, source.inner_end, write)


def _piece(
    xml: XmlSource, unit: XmlElement, source: XmlElement, target: XmlElement | None, is_draft: bool
) -> Piece:
    inline = sentence(xml, source)
    existing = sentence(xml, target, inline).text if target is not None else ""
    segment = TextSegment(
        inline.text,
        xml.location(source),
        unit.get("resname") or unit.get("name") or unit.get("id") or "",
        existing=existing or None,
        is_kept=bool(existing) and not is_draft,
    )
    return Piece(segment, inline, source.inner_start, source.inner_end)


def _target_edits(
    xml: XmlSource,
    source: XmlElement,
    target: XmlElement | None,
    content: str,
    values: dict[str, str],
) -> list[Edit]:
    """Return the edits that give a unit its target, behind the source if it has none."""
    if target is not None:
        return [filled(xml, target, content, values)]
    name = source.name[: -len(source.local_name)] + "target"
    attributes = "".join(f' {key}="{value}"' for key, value in values.items())
    written = f"{indent_before(xml, source)}<{name}{attributes}>{content}</{name}>"
    return [Edit(source.end, source.end, written)]
