"""Documents, presentations and workbooks of Office Open XML (ECMA-376)."""

import re
from collections.abc import Callable

from seq2seq.documents.document import FormatSettings
from seq2seq.documents.office_atoms import RunSyntax, qualified_names
from seq2seq.documents.office_part import OfficePart
from seq2seq.documents.xml_source import parse_xml
from seq2seq.documents.zip_document import ZipDocument, read_zip, require_member
from seq2seq.documents.zip_members import ZipMember, read_members

_WORD_CONTAINERS = "hyperlink smartTag ins moveTo customXml sdt bdo dir"
_WORD_DROPPED = "proofErr lastRenderedPageBreak softHyphen"
_DRAWING = r"charts/chart\d*|diagrams/(?:data|drawing)\d*"
_WORD_PARTS = re.compile(
    rf"word/(?:document\d*|header\d*|footer\d*|footnotes|endnotes|{_DRAWING})\.xml"
)
_SLIDE_PARTS = re.compile(rf"ppt/(?:slides/slide\d+|notesSlides/notesSlide\d+|{_DRAWING})\.xml")
_SHEET_PARTS = re.compile(
    rf"xl/(?:sharedStrings|worksheets/sheet\d+|drawings/drawing\d+|{_DRAWING})\.xml"
)
# Alternative texts of pictures.
_ALTERNATIVES = [
    (f"{prefix}:{name}", "descr")
    for prefix, name in (("wp", "docPr"), ("p", "cNvPr"), ("xdr", "cNvPr"))
]
_DRAWING_IGNORED = (
    r"\s(?:lang|altLang|dirty|err|noProof|smtClean|smtId|bmk|kumimoji)\s*=\s*\"[^\"]*\""
)
_WORD_IGNORED = r"<w:(?:lang|noProof|bCs|iCs|szCs|webHidden)\b[^<>]*/>|\s*w:hint\s*=\s*\"[^\"]*\""


def _names(prefix: str, names: str) -> frozenset[str]:
    return frozenset(f"{prefix}:{name}" for name in names.split())


_SYNTAX = RunSyntax(
    paragraphs=_names("w", "p") | _names("a", "p") | _names("c", "pt"),
    runs=_names("w", "r") | _names("a", "r"),
    properties=_names("w", "pPr rPr") | _names("a", "pPr rPr"),
    texts=_names("w", "t") | _names("a", "t") | _names("c", "v"),
    containers=_names("w", _WORD_CONTAINERS),
    breaks=_names("w", "tab ptab cr"),
    lines=_names("w", "br") | _names("a", "br"),
    dropped=_names("w", _WORD_DROPPED),
    characters={"w:noBreakHyphen": "\u2011"},
    skipped=_names("c", "numCache numLit"),
    ignored=re.compile(f"{_WORD_IGNORED}|{_DRAWING_IGNORED}|<w:rFonts\\s*/>"),
    hidden=re.compile(r"<w:(?:vanish|specVanish)\s*(?:w:val=\"(?:1|true|on)\"\s*)?/>"),
)
_SHEET_SYNTAX = RunSyntax(
    paragraphs=_names("s", "si is") | _names("a", "p"),
    runs=_names("s", "r") | _names("a", "r"),
    properties=_names("s", "rPr") | _names("a", "pPr rPr"),
    texts=_names("s", "t") | _names("a", "t"),
    lines=_names("a", "br"),
    ignored=re.compile(_DRAWING_IGNORED),
)


def parse_docx_document(data: bytes, settings: FormatSettings) -> ZipDocument:
    """Parse text, headers, footers and notes of a document; comments and deleted text stay.

    Raises:
        TextError: it is damaged, encrypted, or no document.
    """
    del settings
    return read_zip(data, "word/document.xml", "document of Word", _parser(_WORD_PARTS, _SYNTAX))


def parse_pptx_document(data: bytes, settings: FormatSettings) -> ZipDocument:
    """Parse slides, their notes, tables, charts and diagrams of a presentation.

    Raises:
        TextError: it is damaged, encrypted, or no presentation.
    """
    del settings
    return read_zip(
        data, "ppt/presentation.xml", "presentation of PowerPoint", _parser(_SLIDE_PARTS, _SYNTAX)
    )


def parse_xlsx_document(data: bytes, settings: FormatSettings) -> ZipDocument:
    """Parse texts of cells, text boxes and charts of a workbook.

    Formulas, numbers, names of sheets and of columns of tables stay: formulas refer to them.

    Raises:
        TextError: it is damaged, encrypted, or no workbook.
    """
    del settings
    members = read_members(data)
    require_member(members, "xl/workbook.xml", "workbook of Excel")
    return ZipDocument(data, members, _parser(_SHEET_PARTS, _SHEET_SYNTAX, _column_names(members)))


def _parser(
    names: re.Pattern[str], syntax: RunSyntax, left: frozenset[str] = frozenset()
) -> Callable[[ZipMember], OfficePart | None]:
    def parse(member: ZipMember) -> OfficePart | None:
        if not names.fullmatch(member.name):
            return None
        return OfficePart(parse_xml(member.data), syntax, _ALTERNATIVES, left)

    return parse


def _column_names(members: list[ZipMember]) -> frozenset[str]:
    """Return the names of columns of tables and pivot tables, which cells have, too."""
    found = set[str]()
    for member in members:
        if re.fullmatch(r"xl/(?:tables/table\d+|pivotCache/\w+Definition\d+)\.xml", member.name):
            names = qualified_names(parse_xml(member.data))
            found |= {
                element.get("name") or ""
                for element, name in names.items()
                if name in ("s:tableColumn", "s:cacheField")
            }
    return frozenset(found)
