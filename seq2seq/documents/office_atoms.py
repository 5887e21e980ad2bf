"""Paragraphs of office formats as atoms: characters with their run, and markup.

A run is a stretch of text with one formatting, such as `<w:r>`. An atom that a translation does not
replace is written as it is.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from seq2seq.documents.xml_source import XmlElement, XmlSource, XmlText, unescape_xml

_EDGES = re.compile(r"(\s*+)(.*?)(\s*+)", re.DOTALL)
# Prefixes by which the tables of formats name the namespaces, whatever a document calls them.
_NAMESPACES = {
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main": "w",
    "http://purl.oclc.org/ooxml/wordprocessingml/main": "w",
    "http://schemas.openxmlformats.org/drawingml/2006/main": "a",
    "http://purl.oclc.org/ooxml/drawingml/main": "a",
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main": "s",
    "http://purl.oclc.org/ooxml/spreadsheetml/main": "s",
    "http://schemas.openxmlformats.org/drawingml/2006/chart": "c",
    "http://purl.oclc.org/ooxml/drawingml/chart": "c",
    "http://schemas.openxmlformats.org/presentationml/2006/main": "p",
    "http://purl.oclc.org/ooxml/presentationml/main": "p",
    "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing": "wp",
    "http://purl.oclc.org/ooxml/drawingml/wordprocessingDrawing": "wp",
    "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing": "xdr",
    "urn:oasis:names:tc:opendocument:xmlns:text:1.0": "text",
    "urn:oasis:names:tc:opendocument:xmlns:office:1.0": "office",
    "urn:oasis:names:tc:opendocument:xmlns:table:1.0": "table",
    "urn:oasis:names:tc:opendocument:xmlns:style:1.0": "style",
    "urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0": "svg",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://www.daisy.org/z3986/2005/ncx/": "ncx",
}


@dataclass(frozen=True)
class RunSyntax:
    """The names of a format's elements."""

    paragraphs: frozenset[str]
    runs: frozenset[str] = frozenset()
    properties: frozenset[str] = frozenset()  # of paragraphs and runs; they are no content
    texts: frozenset[str] = frozenset()  # elements of characters; none: text stands by itself
    containers: frozenset[str] = frozenset()  # of runs: a part of the sentence
    breaks: frozenset[str] = frozenset()  # end a text; the ones in `lines` only mostly
    lines: frozenset[str] = frozenset()
    dropped: frozenset[str] = frozenset()  # of no meaning once the text is another
    characters: Mapping[str, str] = field(default_factory=dict)  # elements that are a character
    skipped: frozenset[str] = frozenset()  # paragraphs inside stay as they are
    computed: re.Pattern[str] = re.compile(r"(?!)")  # start tags of elements that are no text
    ignored: re.Pattern[str] = re.compile(r"(?!)")  # of properties: what makes no difference
    hidden: re.Pattern[str] = re.compile(r"(?!)")  # properties of a run that is no text


@dataclass(frozen=True)
class Run:
    """The formatting of text: what is written in front of it and behind it."""

    opening: str = ""
    closing: str = ""
    key: str = ""  # equal for equal formatting
    start: int = -1  # in the document: runs of it are not joined where no text comes between


@dataclass(frozen=True)
class Atom:
    """A part of a paragraph."""

    kind: str  # text, single, open, close, break, line
    start: int  # extent in the document
    end: int
    run: Run = Run()
    text: str = ""
    name: str = ""  # of the element
    tag: str = ""  # of text in an element: its start tag
    inner: "tuple[Atom, ...]" = ()  # of one that is made of several


def qualified_names(xml: XmlSource) -> dict[XmlElement, str]:
    """Return the name of each element with the prefix that the tables of formats have for it."""
    names = dict[XmlElement, str]()
    stack: list[tuple[XmlElement, Mapping[str, str]]] = [(xml.root, {})]
    while stack:
        element, scope = stack.pop()
        if "xmlns" in element.tag:
            declared = {
                name.partition(":")[2]: _NAMESPACES.get(value.raw, "?")
                for name, value in element.attributes.items()
                if name == "xmlns" or name.startswith("xmlns:")
            }
            scope = {**scope, **declared}
        prefix, _, local = element.name.rpartition(":")
        names[element] = f"{scope.get(prefix, '?')}:{local}"
        stack += [(child, scope) for child in element.elements]
    return names


class AtomReader:
    """The reader of the paragraphs of a document."""

    def __init__(self, xml: XmlSource, syntax: RunSyntax, names: Mapping[XmlElement, str]) -> None:
        self.xml, self.syntax, self.names = xml, syntax, names

    def atoms(self, paragraph: XmlElement) -> list[Atom]:
        """Return the atoms of a paragraph."""
        return list(self._content(paragraph.children, Run()))

    def _content(self, nodes: Sequence[XmlElement | XmlText], run: Run) -> Iterator[Atom]:
        syntax = self.syntax
        for node in nodes:
            if isinstance(node, XmlText):
                if not syntax.texts:
                    yield from self._text_node(node, run)
                continue
            name = self.names[node]
            if name in syntax.properties or name in syntax.dropped:
                continue
            if name in syntax.runs:
                yield from self._run(node)
            elif name in syntax.texts:
                yield from self._text(node, run)
            elif name in syntax.containers and not node.is_empty:
                yield from self._container(node, name, run)
            else:
                yield self._other(node, name, run)

    def _other(self, node: XmlElement, name: str, run: Run) -> Atom:
        syntax = self.syntax
        if name in syntax.characters:
            tag = f"<{node.name.removesuffix(node.local_name)}t>" if syntax.texts else ""
            return Atom("text", node.start, node.end, run, syntax.characters[name], name, tag)
        kind = "line" if name in syntax.lines else "break" if name in syntax.breaks else "single"
        return Atom(kind, node.start, node.end, run, name=name)

    def _run(self, node: XmlElement) -> Iterator[Atom]:
        properties = next(
            (c for c in node.elements if self.names[c] in self.syntax.properties), None
        )
        raw = self.xml.raw(properties.start, properties.end) if properties else ""
        if node.is_empty or self.syntax.hidden.search(raw):
            yield Atom("single", node.start, node.end, name=self.names[node])
            return
        closing = self.xml.raw(node.inner_end, node.end)
        run = Run(node.tag + raw, closing, self._key(raw), node.start)
        yield from self._content(node.children, run)

    def _key(self, properties: str) -> str:
        """Return what is left of properties without what makes no difference."""
        kept = self.syntax.ignored.sub("", properties)
        return re.sub(r"^<([^\s/>]+)\s*(?:/>|>\s*</\1>)$", "", kept)

    def _text(self, node: XmlElement, run: Run) -> Iterator[Atom]:
        text = "".join(
            unescape_xml(child.raw) if child.kind == "text" else child.content
            for child in node.children
            if isinstance(child, XmlText) and child.kind in ("text", "cdata")
        )
        if not text.strip() or text == text.strip():
            yield Atom("text", node.start, node.end, run, text, tag=node.tag)
            return
        # The extent is that of the whole element: the pieces of it are written anew.
        match = _EDGES.fullmatch(text)
        for piece in match.groups() if match else ():
            if piece:
                yield Atom("text", -1, -1, run, piece, tag=node.tag)

    def _text_node(self, node: XmlText, run: Run) -> Iterator[Atom]:
        if node.kind != "text":
            yield Atom("single", node.start, node.end, run)
            return
        position, match = node.start, _EDGES.fullmatch(node.raw)
        for piece in match.groups() if match else ():
            if piece:
                text = re.sub(r"[ \t\r\n]+", " ", unescape_xml(piece))
                yield Atom("text", position, position + len(piece), run, text)
            position += len(piece)

    def _container(self, node: XmlElement, name: str, run: Run) -> Iterator[Atom]:
        content = next((c for c in node.elements if self.names[c] == "w:sdtContent"), node)
        yield Atom("open", node.start, content.inner_start, run, name=name, tag=node.tag)
        yield from self._content(content.children, run)
        yield Atom("close", content.inner_end, node.end, run, name=name)
