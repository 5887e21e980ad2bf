"""XML that comes back byte for byte: a tree whose nodes know where they are in the text.

Expat, of Python's standard library, checks that the text is well-formed. It opens no other file,
and of entities only plain abbreviations may be declared. They are never expanded here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple
from xml.parsers import expat

from seq2seq.documents.source_text import SourceText
from seq2seq.errors import TextError

MAX_XML_DEPTH = 256  # open elements; libxml2's limit too
_DECLARATION_BYTES = 1024
_DECLARED = re.compile(rb"<\?xml\b[^>]*?\bencoding\s*=\s*[\"']([\w.:-]+)[\"']")
_QUOTED = r"\"[^\"]*+\"|'[^']*+'"
_INSTRUCTION = r"<!--.*?-->|<\?.*?\?>"
_TOKEN = re.compile(
    r"(?P<text>[^<]++)"
    rf"|(?P<instruction>{_INSTRUCTION})"
    r"|(?P<cdata><!\[CDATA\[.*?\]\]>)"
    rf"|(?P<doctype><!DOCTYPE(?:[^\[\"'>]|{_QUOTED})*+"
    rf"(?:\[(?:[^\]\"'<]|{_QUOTED}|{_INSTRUCTION}|<)*+\]\s*+)?+>)"
    r"|</(?P<closing>[^\s>]++)\s*+>"
    rf"|<(?P<opening>[^\s/>\"'=]++)(?:[^\"'>]|{_QUOTED})*+>",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"\s([^\s=/>]++)\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)')")


class XmlText(NamedTuple):
    """A node that is no element: characters between tags, CDATA, a comment or an instruction."""

    kind: str  # text, cdata, instruction or doctype
    start: int
    end: int
    raw: str  # as it is written

    @property
    def content(self) -> str:
        """Return what is between the brackets of CDATA, or all of the node."""
        return self.raw[len("<![CDATA[") : -len("]]>")] if self.kind == "cdata" else self.raw


class XmlAttribute(NamedTuple):
    """An attribute's value as it is written, with its extent and without its quotes."""

    start: int
    end: int
    raw: str
    quote: str


@dataclass(eq=False)
class XmlElement:
    """An element, with extents in the text of its document."""

    name: str  # as it is written, with its prefix
    start: int
    inner_start: int  # behind its start tag
    tag: str  # its start tag as it is written
    parent: "XmlElement | None" = None
    inner_end: int = 0  # in front of its end tag; of <x/>, the end
    end: int = 0
    children: "list[XmlElement | XmlText]" = field(default_factory=list)

    @property
    def local_name(self) -> str:
        """Return the name without its prefix."""
        return self.name.rpartition(":")[2]

    @property
    def is_empty(self) -> bool:
        """Return whether it is written as <x/>."""
        return self.tag.endswith("/>")

    @cached_property
    def attributes(self) -> dict[str, XmlAttribute]:
        """Return the attributes by name, with the prefix that is written."""
        found = {}
        for match in _ATTRIBUTE.finditer(self.tag):
            group = 2 if match[2] is not None else 3
            start, end = (self.start + offset for offset in match.span(group))
            found[match[1]] = XmlAttribute(start, end, match[group], '"' if group == 2 else "'")
        return found

    def get(self, name: str) -> str | None:
        """Return the value of an attribute; None where there is none."""
        found = self.attributes.get(name)
        return None if found is None else unescape_xml(found.raw)

    @property
    def elements(self) -> "list[XmlElement]":
        """Return the children that are elements."""
        return [child for child in self.children if isinstance(child, XmlElement)]

    def child(self, local_name: str) -> "XmlElement | None":
        """Return the first child of this name; None where there is none."""
        return next((each for each in self.elements if each.local_name == local_name), None)

    def descendants(self, *local_names: str) -> "Iterator[XmlElement]":
        """Yield elements of these names below this one, in the order of the document."""
        stack = self.elements[::-1]
        while stack:
            element = stack.pop()
            if element.local_name in local_names:
                yield element
            stack += element.elements[::-1]

    @property
    def lineage(self) -> "Iterator[XmlElement]":
        """Yield this element, its parent, and so on to the root."""
        element: XmlElement | None = self
        while element is not None:
            yield element
            element = element.parent

    def inherited(self, name: str) -> str | None:
        """Return the value of an attribute here or at the nearest element around."""
        values = (element.get(name) for element in self.lineage)
        return next((value for value in values if value is not None), None)


@dataclass(frozen=True)
class XmlSource:
    """A document of XML: its text, and its tree."""

    source: SourceText
    root: XmlElement

    def raw(self, start: int, end: int) -> str:
        """Return a part of the text."""
        return self.source.text[start:end]

    def location(self, element: XmlElement) -> str:
        """Return the line of an element, for messages."""
        return f"line {self.source.line_of(element.start)}"


def parse_xml(data: bytes) -> XmlSource:
    """Parse XML.

    Raises:
        TextError: it is not well-formed, not in its encoding, or too deep; or it declares entities
            of other files or of other entities.
    """
    source = SourceText.decode(data, _encoding(data))
    _require_well_formed(source.text)
    return XmlSource(source, _tree(source))


def _encoding(data: bytes) -> str:
    """Return the encoding that the XML declaration names, where there is no byte order mark."""
    for encoding in ("utf-16-le", "utf-16-be"):
        if data.startswith("<?".encode(encoding)):
            return encoding
    found = _DECLARED.match(data[:_DECLARATION_BYTES].lstrip())
    return found[1].decode("ascii", "replace").lower() if found else "utf-8"


def _require_well_formed(text: str) -> None:
    """Check the text with expat, which is told the encoding that it has now."""
    parser = expat.ParserCreate("utf-8")
    parser.EntityDeclHandler = _check_entity
    try:
        parser.Parse(text.encode("utf-8"), True)
    except expat.ExpatError as error:
        message = expat.ErrorString(error.code)
        raise TextError(f"line {error.lineno} is not XML: {message}") from None


def _check_entity(
    name: str, is_parameter: int, value: str | None, base: object, system: str | None, *_: object
) -> None:
    """Refuse entities that name files, and those that could grow."""
    del base
    if system is not None or is_parameter:
        raise TextError(f"the entity {name[:40]!r} stands for another file or for declarations")
    if value is None or "&" in value:
        raise TextError(f"the entity {name[:40]!r} is made of other entities")


def _tree(source: SourceText) -> XmlElement:
    """Return the tree of a well-formed text."""
    top = XmlElement("", 0, 0, "")
    stack = [top]
    for match in _TOKEN.finditer(source.text):
        kind, (start, end) = match.lastgroup, match.span()
        if kind == "opening":
            element = XmlElement(match["opening"], start, end, match[0], stack[-1], end, end)
            stack[-1].children.append(element)
            if not element.is_empty:
                stack.append(element)
            if len(stack) > MAX_XML_DEPTH:
                raise TextError(
                    f"line {source.line_of(start)} has more than {MAX_XML_DEPTH} open elements"
                )
        elif kind == "closing":
            element = stack.pop()
            element.inner_end, element.end = start, end
        else:
            stack[-1].children.append(XmlText(str(kind), start, end, match[0]))
    root = top.elements[0]
    root.parent = None
    return root


_REFERENCE = re.compile(r"&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(amp|lt|gt|quot|apos));")
_CHARACTERS = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
# Characters that XML cannot have, not even as references.
_IMPOSSIBLE = dict.fromkeys([*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0xFFFE, 0xFFFF], "")


def unescape_xml(raw: str) -> str:
    """Return the characters of escaped text; references to declared entities stay."""
    return _REFERENCE.sub(_character, raw) if "&" in raw else raw


def _character(match: re.Match[str]) -> str:
    if match[3]:
        return _CHARACTERS[match[3]]
    return chr(int(match[1])) if match[1] else chr(int(match[2], 16))


_TAG = re.compile(r"<[^<>]*>")


class XmlEscaper:
    """Escapes of a text as another text has them: `&#160;` and `&quot;` stay what they were."""

    def __init__(self, like: str, encoding: str, quote: str = "") -> None:
        """Read the references of a text.

        Args:
            like: escaped text whose references are taken over.
            encoding: of the document; other characters become references.
            quote: of the value of an attribute.
        """
        self._encoding = encoding
        written = {_character(match): match[0] for match in _REFERENCE.finditer(like)}
        like = _TAG.sub("", like)
        kept = {ord(char): reference for char, reference in written.items() if char not in like}
        required = {"&": "&amp;", "<": "&lt;"}
        if ">" not in like:
            required[">"] = "&gt;"
        if quote:
            required[quote] = "&quot;" if quote == '"' else "&apos;"
            required |= {"\n": "&#10;", "\t": "&#9;"}
        required |= {char: written[char] for char in required if char in written}
        self._table = _IMPOSSIBLE | kept | {ord(char): text for char, text in required.items()}

    def __call__(self, text: str) -> str:
        """Return `text` with escapes."""
        escaped = text.translate(self._table).replace("]]>", "]]&gt;")
        return escaped.encode(self._encoding, "xmlcharrefreplace").decode(self._encoding)


def escape_cdata(text: str) -> str:
    """Return text as the content of CDATA, which cannot have its own end."""
    return text.translate(_IMPOSSIBLE).replace("]]>", "]]]]><![CDATA[>")
