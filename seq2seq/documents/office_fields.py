"""Fields of word processors: what is computed is one part of a sentence, but links and contents."""

import re
from collections.abc import Sequence

from seq2seq.documents.office_atoms import Atom
from seq2seq.documents.xml_source import XmlSource

_ROLE = re.compile(r"\bfldCharType\s*=\s*[\"'](begin|separate|end)[\"']")
_MAX_DEPTH = 8  # of links in links; what is deeper stays as it is
_TEXTUAL = re.compile(r"\s*(?:HYPERLINK|TOC)\b")  # links, and a table of contents of one line


def join_fields(atoms: Sequence[Atom], xml: XmlSource, depth: int = 0) -> list[Atom]:
    """Return the atoms of a paragraph with each whole field as one atom, or a pair around a text.

    A field that begins or ends in another paragraph, such as a table of contents, is left in parts.
    """
    if not any(atom.name == "w:fldChar" for atom in atoms):
        return list(atoms)
    fields = _fields([_role(atom, xml) for atom in atoms])
    joined, index = list[Atom](), 0
    while index < len(atoms):
        if index not in fields:
            joined.append(atoms[index])
            index += 1
            continue
        end, separate = fields[index]
        inside = atoms[index : end + 1]
        code = "".join(xml.raw(a.start, a.end) for a in inside if a.name == "w:instrText")
        is_text = _TEXTUAL.match(re.sub(r"<[^<>]*>", "", code)) is not None
        if separate is not None and is_text and depth < _MAX_DEPTH:
            joined.append(_whole("open", atoms[index : separate + 1]))
            joined += join_fields(atoms[separate + 1 : end], xml, depth + 1)
            joined.append(_whole("close", atoms[end : end + 1]))
        else:
            joined.append(_whole("single", inside))
        index = end + 1
    return joined


def _role(atom: Atom, xml: XmlSource) -> str:
    found = _ROLE.search(xml.raw(atom.start, atom.end)) if atom.name == "w:fldChar" else None
    return found[1] if found else ""


def _fields(roles: Sequence[str]) -> dict[int, tuple[int, int | None]]:
    """Return the end of each field by its beginning, and what separates its code from its text."""
    fields, stack, separate = dict[int, tuple[int, int | None]](), list[int](), dict[int, int]()
    for index, role in enumerate(roles):
        if role == "begin":
            stack.append(index)
        elif role == "separate" and stack:
            separate.setdefault(stack[-1], index)
        elif role == "end" and stack:
            begin = stack.pop()
            fields[begin] = index, separate.get(begin)
    return fields


def _whole(kind: str, atoms: Sequence[Atom]) -> Atom:
    return Atom(kind, atoms[0].start, atoms[-1].end, name="field", inner=tuple(atoms))
