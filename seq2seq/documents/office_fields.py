"""Fields of word processors: what is computed is one part of a sentence, a link's text is text."""

import re
from collections.abc import Sequence

from seq2seq.documents.office_atoms import Atom
from seq2seq.documents.xml_source import XmlSource

_ROLE = re.compile(r"\bfldCharType\s*=\s*[\"'](begin|separate|end)[\"']")
_LINK = re.compile(r"\s*HYPERLINK\b")


def join_fields(atoms: Sequence[Atom], xml: XmlSource) -> list[Atom]:
    """Return the atoms of a paragraph with each whole field as one atom, or a pair around a text.

    A field that begins or ends in another paragraph, such as a table of contents, is left in parts.
    """
    if not any(atom.name == "w:fldChar" for atom in atoms):
        return list(atoms)
    roles = [_role(atom, xml) for atom in atoms]
    joined, index = list[Atom](), 0
    while index < len(atoms):
        end = _end(roles, index) if roles[index] == "begin" else None
        if end is None:
            joined.append(atoms[index])
            index += 1
            continue
        inside = atoms[index : end + 1]
        separate = _separate(roles, index, end)
        code = "".join(xml.raw(a.start, a.end) for a in inside if a.name == "w:instrText")
        if separate is not None and _LINK.match(re.sub(r"<[^<>]*>", "", code)):
            joined.append(_whole("open", atoms[index : separate + 1]))
            joined += join_fields(atoms[separate + 1 : end], xml)
            joined.append(_whole("close", atoms[end : end + 1]))
        else:
            joined.append(_whole("single", inside))
        index = end + 1
    return joined


def _role(atom: Atom, xml: XmlSource) -> str:
    found = _ROLE.search(xml.raw(atom.start, atom.end)) if atom.name == "w:fldChar" else None
    return found[1] if found else ""


def _end(roles: Sequence[str], begin: int) -> int | None:
    depth = 0
    for index in range(begin, len(roles)):
        depth += (roles[index] == "begin") - (roles[index] == "end")
        if depth == 0:
            return index
    return None


def _separate(roles: Sequence[str], begin: int, end: int) -> int | None:
    depth = 0
    for index in range(begin, end):
        depth += (roles[index] == "begin") - (roles[index] == "end")
        if depth == 1 and roles[index] == "separate":
            return index
    return None


def _whole(kind: str, atoms: Sequence[Atom]) -> Atom:
    return Atom(kind, atoms[0].start, atoms[-1].end, name="field", inner=tuple(atoms))
