"""A member of an office document: its paragraphs, and texts that are alternatives to pictures."""

from bisect import bisect_left, insort
from collections.abc import Callable, Collection, Iterator, Sequence

from seq2seq.documents.document import SegmentTranslation, TextSegment
from seq2seq.documents.office_atoms import Atom, AtomReader, Run, RunSyntax, qualified_names
from seq2seq.documents.office_fields import join_fields
from seq2seq.documents.office_sentences import OfficeSentence, atom_lines
from seq2seq.documents.source_text import Edit, apply_edits
from seq2seq.documents.xml_source import XmlElement, XmlEscaper, XmlSource

# From the atoms of a paragraph, and the member, to atoms with the same text.
Arrange = Callable[[Sequence[Atom], XmlSource], list[Atom]]
_PRESERVE = ' xml:space="preserve"'


class _Paragraph:
    """A paragraph: the extent of its content, and its lines."""

    def __init__(self, element: XmlElement, reader: AtomReader, arrange: Arrange) -> None:
        self.element = element
        self.start, self.end = element.inner_start, element.inner_end
        for child in element.elements[:1]:
            if reader.names[child] in reader.syntax.properties:
                self.start = child.end
        atoms = arrange(reader.atoms(element), reader.xml)
        self.lines = [OfficeSentence(line) for line in atom_lines(atoms)]
        self.sentences = [line for line in self.lines if line.text]


class OfficePart:
    """The document of one member. Paragraphs may be in others: those of text boxes and notes."""

    def __init__(
        self,
        xml: XmlSource,
        syntax: RunSyntax,
        attributes: Collection[tuple[str, str]] = (),
        left: Collection[str] = (),
        arrange: Arrange = join_fields,
    ) -> None:
        """Find the texts.

        Args:
            xml: the member.
            syntax: the names of the format.
            attributes: pairs of an element and its attribute that are texts.
            left: texts that stay as they are, for others refer to them.
            arrange: joins atoms of a paragraph.
        """
        self.xml, self.syntax = xml, syntax
        names = qualified_names(xml)
        self._attributes = [
            (element, name)
            for element in names
            for owner, name in attributes
            if names[element] == owner and element.get(name)
        ]
        reader = AtomReader(xml, syntax, names)
        elements = [element for element in names if self._is_paragraph(element, names)]
        # One that is in another is written before it.
        self.paragraphs = [
            _Paragraph(element, reader, arrange)
            for element in sorted(elements, key=lambda each: each.end)
        ]
        for paragraph in self.paragraphs:
            paragraph.sentences = [each for each in paragraph.sentences if each.text not in left]
        self.segments: Sequence[TextSegment] = list(self._segments())

    def _is_paragraph(self, element: XmlElement, names: dict[XmlElement, str]) -> bool:
        if names[element] not in self.syntax.paragraphs or element.is_empty:
            return False
        return not any(
            names[each] in self.syntax.skipped or self.syntax.computed.search(each.tag)
            for each in element.lineage
        )

    def _segments(self) -> Iterator[TextSegment]:
        for element, name in self._attributes:
            yield TextSegment(element.get(name) or "", f"{self.xml.location(element)}, {name}")
        starts = sorted(paragraph.element.start for paragraph in self.paragraphs)
        for paragraph in self.paragraphs:
            number = bisect_left(starts, paragraph.element.start) + 1
            for sentence in paragraph.sentences:
                yield TextSegment(sentence.text, f"paragraph {number}")

    def write(self, translations: Sequence[SegmentTranslation | None]) -> bytes:
        rest, edits = iter(translations), list[Edit]()
        for element, name in self._attributes:
            made = next(rest)
            if made is not None and made.text != element.get(name):
                found = element.attributes[name]
                escape = XmlEscaper(found.raw, self.xml.source.encoding, found.quote)
                insort(edits, Edit(found.start, found.end, escape(made.text)))
        for paragraph in self.paragraphs:
            texts = {id(each): next(rest) for each in paragraph.sentences}
            changed = {
                key: made
                for (key, made), each in zip(texts.items(), paragraph.sentences, strict=True)
                if made is not None and made.text != each.text
            }
            if changed:
                atoms = list[Atom]()
                for line in paragraph.lines:
                    made = changed.get(id(line))
                    atoms += line.atoms if made is None else line.write(made.text)
                written = self._serialized(atoms, paragraph, edits)
                first, last = _range(edits, paragraph.start, paragraph.end)
                edits[first:last] = [Edit(paragraph.start, paragraph.end, written)]
        return self.xml.source.encode(apply_edits(self.xml.source.text, edits))

    def _serialized(
        self, atoms: Sequence[Atom], paragraph: _Paragraph, edits: Sequence[Edit]
    ) -> str:
        """Return what is written for atoms; the edits in them are made."""
        like = self.xml.raw(paragraph.start, paragraph.end)
        escape = XmlEscaper(like, self.xml.source.encoding)
        pieces, run, texts = list[str](), Run(), list[Atom]()
        for atom in [*_flat(atoms), Atom("end", 0, 0)]:
            is_text = atom.kind == "text" and atom.name == ""
            if texts and not (is_text and atom.run == run):
                pieces.append(_text(texts, escape))
                texts = []
            if atom.run != run:
                pieces += [run.closing, atom.run.opening]
                run = atom.run
            if is_text:
                texts.append(atom)
            else:
                pieces.append(self._raw(atom.start, atom.end, edits))
        return "".join(pieces)

    def _raw(self, start: int, end: int, edits: Sequence[Edit]) -> str:
        first, last = _range(edits, start, end)
        moved = [Edit(s - start, e - start, text) for s, e, text in edits[first:last]]
        return apply_edits(self.xml.raw(start, end), moved)


def _range(edits: Sequence[Edit], start: int, end: int) -> tuple[int, int]:
    """Return the range of the edits of a part of the document."""
    first = bisect_left(edits, Edit(start, start, ""))
    return first, max(first, bisect_left(edits, Edit(end, end, "")))


def _flat(atoms: Sequence[Atom]) -> Iterator[Atom]:
    for atom in atoms:
        if atom.inner:
            yield from _flat(atom.inner)
        else:
            yield atom


def _text(atoms: Sequence[Atom], escape: XmlEscaper) -> str:
    """Return what is written for neighbours with the same run."""
    text, tag = escape("".join(atom.text for atom in atoms)), atoms[0].tag
    if not tag:
        return text
    name = tag[1:].split()[0].rstrip("/>")
    if text != text.strip() and "xml:space" not in tag and not name.startswith(("a:", "c:")):
        tag = f"<{name}{_PRESERVE}{tag[len(name) + 1 :]}"
    return f"{tag}{text}</{name}>"
