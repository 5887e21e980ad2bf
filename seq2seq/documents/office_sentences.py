"""Sentences of office formats: runs are joined, and their formatting becomes tags of the text."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from seq2seq.documents.inline import InlinePart
from seq2seq.documents.inline_pieces import InlinePieces, trim_parts
from seq2seq.documents.office_atoms import Atom

_FINAL = tuple(".!?:;。！？")  # noqa: RUF001


class _Piece(NamedTuple):
    """A part of a text, and its atom; of formatting, an atom of the text that has it."""

    part: InlinePart
    atom: Atom
    is_format: bool = False
    takes_blank: bool = False  # of formatting: the blank beside its tag, outside, has it, too


def atom_lines(atoms: Sequence[Atom]) -> Iterator[list[Atom]]:
    """Yield the atoms of each line, and those between lines by themselves.

    A line break ends a text, but where the text goes on in lower case.
    """
    following, after = list[str](), ""
    for atom in reversed(atoms):
        following.append(after)
        after = (atom.text.strip() if atom.kind == "text" else "") or after
    line, before = list[Atom](), ""
    for atom, after in zip(atoms, reversed(following), strict=True):
        goes_on = after[:1].islower() and not before.endswith(_FINAL) and before != ""
        if atom.kind == "break" or (atom.kind == "line" and not goes_on):
            yield line
            yield [atom]
            line, before = [], ""
            continue
        before = (atom.text.strip() if atom.kind == "text" else "") or before
        line.append(atom)
    yield line


@dataclass
class _Levels:
    """The level of each atom: the paragraph, or a container in it; and the text of each level."""

    of_atom: list[int]
    bases: list[Atom | None]  # an atom with the formatting that most characters of the level have


def _levels(atoms: Sequence[Atom]) -> _Levels:
    of_atom, stack = list[int](), [0]
    counts, examples = [Counter[str]()], [dict[str, Atom]()]
    for atom in atoms:
        if atom.kind == "open":
            of_atom.append(stack[-1])
            stack.append(len(counts))
            counts.append(Counter())
            examples.append({})
            continue
        if atom.kind == "close" and len(stack) > 1:
            stack.pop()
        of_atom.append(stack[-1])
        if atom.kind == "text":
            examples[stack[-1]].setdefault(atom.run.key, atom)
            counts[stack[-1]][atom.run.key] += len(atom.text.strip())
    bases = [
        example[count.most_common(1)[0][0]] if count else None
        for count, example in zip(counts, examples, strict=True)
    ]
    return _Levels(of_atom, bases)


def _pieces(atoms: Sequence[Atom], levels: _Levels) -> Iterator[_Piece]:
    """Yield the parts of a line, with formatting that differs from its level's as pairs."""
    upcoming, key = list[str | None](), None  # of the text that follows in the same level
    for atom in reversed(atoms):
        is_text = atom.kind == "text" and bool(atom.text.strip())
        key = atom.run.key if is_text else None if atom.kind in ("open", "close") else key
        upcoming.append(key)
    current: Atom | None = None
    number, previous = 0, None
    for atom, level, upcoming_key in zip(atoms, levels.of_atom, reversed(upcoming), strict=True):
        base = levels.bases[level]
        is_plain = upcoming_key is None or base is None or upcoming_key == base.run.key
        is_text = atom.kind == "text" and bool(atom.text.strip())
        if current is not None and (is_plain or upcoming_key != current.run.key):
            takes_blank = _is_blank_of(atom, current)
            yield _Piece(InlinePart("close", "", key=f"{number}"), current, True, takes_blank)
            current = None
        if current is None and is_text and not is_plain:
            number += 1
            current = atom
            takes_blank = previous is not None and _is_blank_of(previous, current)
            yield _Piece(InlinePart("open", "", key=f"{number}"), current, True, takes_blank)
        previous = atom
        if atom.kind == "text":
            yield _Piece(InlinePart("text", atom.text), atom)
        elif atom.kind in ("open", "close"):
            yield _Piece(InlinePart(atom.kind, "", key="container"), atom)
        else:
            yield _Piece(InlinePart("single", ""), atom)
    if current is not None:
        yield _Piece(InlinePart("close", "", key=f"{number}"), current, True)


def _is_blank_of(atom: Atom, other: Atom) -> bool:
    """Return whether an atom is blank and has the formatting of another."""
    return atom.kind == "text" and not atom.text.strip() and atom.run.key == other.run.key


class OfficeSentence:
    """A text of a paragraph, and the way back to its atoms."""

    def __init__(self, atoms: Sequence[Atom]) -> None:
        self.atoms = atoms
        levels = _levels(atoms)
        pieces = list(_pieces(atoms, levels))
        trimmed = trim_parts([piece.part for piece in pieces])
        first, last = len(trimmed.before), len(trimmed.before) + len(trimmed.core)
        self._before, self._core, self._after = pieces[:first], pieces[first:last], pieces[last:]
        self._inline = InlinePieces(trimmed.core)
        self._bases = {
            id(atom): levels.bases[levels.of_atom[index + 1]]
            for index, atom in enumerate(atoms[:-1])
            if atom.kind == "open"
        }
        self._base = next((each.atom for each in self._core if each.part.kind == "text"), None)
        self._base = levels.bases[0] or self._base
        self._blank: Atom | None = None  # formatting that a blank behind its tag has, too

    @property
    def text(self) -> str:
        """Return the text with tags; empty where there is none."""
        has_text = any(piece.part.kind == "text" for piece in self._core)
        return self._inline.text if has_text else ""

    def write(self, translation: str) -> list[Atom]:
        """Return the atoms with a translation."""
        written = list[Atom]()
        formats = [self._base]
        for piece in self._before:
            self._add(piece, written, formats)
        for each in self._inline.write(translation):
            if isinstance(each, int):
                self._add(self._core[each], written, formats)
            elif formats[-1] is not None:
                self._add_text(each, written, formats[-1])
        for piece in self._after:
            self._add(piece, written, formats)
        return written

    def _add_text(self, text: str, written: list[Atom], example: Atom) -> None:
        """Add text with the formatting of an example; a blank may have that of the text before."""
        if self._blank is not None:
            blank = text[: len(text) - len(text.lstrip())]
            if blank:
                written.append(_new(self._blank, blank))
            text, self._blank = text[len(blank) :], None
        if text:
            written.append(_new(example, text))

    def _add(self, piece: _Piece, written: list[Atom], formats: list[Atom | None]) -> None:
        self._blank = piece.atom if piece.takes_blank and piece.part.kind == "close" else None
        if not piece.is_format:
            written.append(piece.atom)
        elif piece.takes_blank and piece.part.kind == "open" and written:
            last = written[-1]
            rest = last.text.rstrip()
            if last.kind == "text" and last.start < 0 and rest != last.text:
                kept = [_new(last, rest)] if rest else []
                written[-1:] = [*kept, _new(piece.atom, last.text[len(rest) :])]
        if piece.part.kind == "open":
            base = piece.atom if piece.is_format else self._bases.get(id(piece.atom))
            formats.append(base or formats[-1])
        elif piece.part.kind == "close" and len(formats) > 1:
            formats.pop()


def _new(example: Atom, text: str) -> Atom:
    """Return text with the formatting of an example."""
    return replace(example, start=-1, end=-1, text=text, name="")
