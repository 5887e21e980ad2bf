"""Texts, presentations and spreadsheets of OpenDocument (ISO/IEC 26300)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from seq2seq.documents.document import FormatSettings
from seq2seq.documents.office_atoms import Atom, RunSyntax, qualified_names
from seq2seq.documents.office_part import OfficePart
from seq2seq.documents.xml_source import XmlSource, parse_xml
from seq2seq.documents.zip_document import ZipDocument
from seq2seq.documents.zip_members import ZipMember, read_members
from seq2seq.errors import TextError

_PARTS = re.compile(r"(?:[^/]+/)*content\.xml|styles\.xml")
_SYNTAX = RunSyntax(
    paragraphs=frozenset(("text:p", "text:h", "svg:title", "svg:desc")),
    containers=frozenset(("text:span", "text:a", "text:meta")),
    breaks=frozenset(("text:tab",)),
    lines=frozenset(("text:line-break",)),
    dropped=frozenset(("text:soft-page-break",)),
    characters={"text:s": " "},
    skipped=frozenset(("office:annotation", "text:tracked-changes")),
    computed=re.compile(r"\btable:formula\s*=|\boffice:value-type\s*=\s*[\"'](?!string)"),
)
# Of charts: descriptions there are addresses of cells.
_CHART_SYNTAX = replace(_SYNTAX, paragraphs=frozenset(("text:p",)))
# Of the properties of a style: what makes no difference to see.
_UNSEEN = re.compile(
    r"\s(?:officeooo:(?:paragraph-)?rsid|fo:(?:language|country|script)"
    r"|style:(?:language|country|script|rfc-language-tag)-?\w*)\s*=\s*\"[^\"]*\""
)
_EMPTY = re.compile(r"\s*<style:text-properties\s*/>\s*|\s*")


def parse_odt_document(data: bytes, settings: FormatSettings) -> ZipDocument:
    """Parse paragraphs and headings, in headers, footers, notes, tables, frames and charts, too.

    Comments, deleted text, fields and cells with formulas stay.

    Raises:
        TextError: it is damaged, encrypted, or no document of this kind.
    """
    del settings
    members = read_members(data)
    by_name = {member.name: member for member in members}
    if "content.xml" not in by_name:
        raise TextError("it is no OpenDocument: it has no member content.xml")
    manifest = by_name.get("META-INF/manifest.xml")
    if manifest is not None and b"encryption-data" in manifest.data:
        raise TextError("it is encrypted: save it without a password")
    return ZipDocument(data, members, _parse)


def _parse(member: ZipMember) -> OfficePart | None:
    is_object = "/" in member.name  # a chart, a formula, or another document
    if not _PARTS.fullmatch(member.name) or (is_object and b"office:body" not in member.data):
        return None
    xml = parse_xml(member.data)
    keys = _style_keys(xml)
    syntax = _CHART_SYNTAX if is_object and b"office:chart" in member.data else _SYNTAX

    def arrange(atoms: Sequence[Atom], _: XmlSource) -> list[Atom]:
        return _joined_spans(atoms, keys)

    return OfficePart(xml, syntax, arrange=arrange)


def _style_keys(xml: XmlSource) -> dict[str, str]:
    """Return a key for each automatic style of text: equal for equal looks, "" for none."""
    keys = dict[str, str]()
    for element, name in qualified_names(xml).items():
        if name != "style:style" or element.get("style:family") != "text":
            continue
        inner = _UNSEEN.sub("", xml.raw(element.inner_start, element.inner_end))
        parent = element.get("style:parent-style-name") or ""
        is_empty = _EMPTY.fullmatch(inner) is not None and not parent
        keys[element.get("style:name") or ""] = "" if is_empty else f"{parent}\0{inner}"
    return keys


def _joined_spans(atoms: Sequence[Atom], keys: Mapping[str, str]) -> list[Atom]:
    """Return atoms without spans that make no difference, and with equal neighbours joined."""
    joined, open_keys = list[Atom](), list[str | None]()
    closed: str | None = None  # the key of a span that ended just before
    for atom in atoms:
        if atom.kind == "open":
            key = _look(atom, keys)
            open_keys.append(key)
            if key == "":
                continue
            if key is not None and key == closed:
                joined.pop()
                closed = None
                continue
        elif atom.kind == "close":
            key = open_keys.pop() if open_keys else None
            if key == "":
                continue
            closed = key
            joined.append(atom)
            continue
        closed = None
        joined.append(atom)
    return joined


def _look(atom: Atom, keys: Mapping[str, str]) -> str | None:
    """Return the key of a span's looks; None for what is not joined."""
    found = re.search(r"\btext:style-name\s*=\s*[\"']([^\"']*)", atom.tag)
    if atom.name != "text:span" or found is None:
        return None
    return keys.get(found[1], f"\0{found[1]}")
