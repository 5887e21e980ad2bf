"""Books in EPUB: chapters, title, description and table of contents."""

import posixpath
from collections.abc import Sequence
from urllib.parse import unquote

from seq2seq.documents.document import Document, FormatSettings
from seq2seq.documents.html import HtmlDocument, decode_html
from seq2seq.documents.office_atoms import RunSyntax, qualified_names
from seq2seq.documents.office_part import OfficePart
from seq2seq.documents.source_text import Edit, apply_edits
from seq2seq.documents.xml_source import XmlSource, parse_xml
from seq2seq.documents.zip_document import ZipDocument
from seq2seq.documents.zip_members import ZipMember, is_media, read_members
from seq2seq.errors import TextError
from seq2seq.text.languages import base_language

_CONTAINER = "META-INF/container.xml"
_PACKAGE_SYNTAX = RunSyntax(paragraphs=frozenset(("dc:title", "dc:description")))
_CONTENTS_SYNTAX = RunSyntax(paragraphs=frozenset(("ncx:text",)))
_PAGE, _CONTENTS = "application/xhtml+xml", "application/x-dtbncx+xml"


class EpubDocument(ZipDocument):
    """A book; its language is set where it was the source language."""

    def __init__(
        self, data: bytes, members: Sequence[ZipMember], kinds: dict[str, str],
        settings: FormatSettings,
    ) -> None:  # fmt: skip
        """Parse the members that `kinds` has, by their media types."""
        self.settings, self.kinds = settings, kinds
        super().__init__(data, members, self._parse)

    def _parse(self, member: ZipMember) -> Document | None:
        kind = self.kinds.get(member.name)
        if kind == _PAGE:
            return HtmlDocument(decode_html(member.data), self.settings, is_xml=True)
        if kind == _CONTENTS:
            return OfficePart(parse_xml(member.data), _CONTENTS_SYNTAX)
        if kind == "package":
            return OfficePart(parse_xml(member.data), _PACKAGE_SYNTAX)
        return None

    def finish(self, members: list[ZipMember]) -> Sequence[ZipMember]:
        """Return the members with the language of the book."""
        return [
            member._replace(data=self._with_language(parse_xml(member.data)))
            if self.kinds.get(member.name) == "package"
            else member
            for member in members
        ]

    def _with_language(self, xml: XmlSource) -> bytes:
        source, target = self.settings.source_language, self.settings.target_language
        edits = [
            Edit(element.inner_start, element.inner_end, target)
            for element, name in qualified_names(xml).items()
            if name == "dc:language" and source and target
            and base_language(xml.raw(element.inner_start, element.inner_end).strip())
            == base_language(source)
        ]  # fmt: skip
        return xml.source.encode(apply_edits(xml.source.text, edits))


def parse_epub_document(data: bytes, settings: FormatSettings) -> EpubDocument:
    """Parse the chapters that a book's package lists.

    Raises:
        TextError: it is damaged, no book, or its chapters are encrypted.
    """
    members = read_members(data)
    by_name = {member.name: member for member in members}
    if _CONTAINER not in by_name:
        raise TextError(f"it is no EPUB: it has no member {_CONTAINER}")
    kinds = dict[str, str]()
    for package in _packages(by_name[_CONTAINER]):
        if package not in by_name or is_media(package):
            raise TextError(f"{_CONTAINER}: there is no member {package[:80]!r}")
        kinds |= {package: "package", **_listed(by_name[package])}
    if encrypted := by_name.get("META-INF/encryption.xml"):
        for element in _parsed(encrypted).root.descendants("CipherReference"):
            name = unquote(element.get("URI") or "")
            if name in kinds:
                raise TextError(f"the member {name[:80]!r} is encrypted")
    return EpubDocument(data, members, kinds, settings)


def _parsed(member: ZipMember) -> XmlSource:
    try:
        return parse_xml(member.data)
    except TextError as error:
        raise TextError(f"{member.name}: {error}") from None


def _packages(container: ZipMember) -> list[str]:
    elements = _parsed(container).root.descendants("rootfile")
    return [element.get("full-path") or "" for element in elements]


def _listed(package: ZipMember) -> dict[str, str]:
    """Return the media types of the members that a package lists, by their names."""
    folder = posixpath.dirname(package.name)
    return {
        posixpath.normpath(posixpath.join(folder, unquote(element.get("href") or ""))): kind
        for element in _parsed(package).root.descendants("item")
        if (kind := element.get("media-type") or "") in (_PAGE, _CONTENTS)
    }
