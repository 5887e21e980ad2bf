"""Glossaries: terms whose translation is given."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from seq2seq.errors import TextError
from seq2seq.storage.regular import quoted
from seq2seq.text.lines import read_lines
from seq2seq.text.spans.characters import is_word_boundary
from seq2seq.text.spans.word_list import WordList

MAX_TERMS = 100_000
_WORDS = re.compile(r"\w+")


class Term(NamedTuple):
    """A term of the source language, and the translations that it may have, the first preferred."""

    source: str
    targets: tuple[str, ...]

    @property
    def is_case_sensitive(self) -> bool:
        """Return whether the term is found as it is written alone: it is written with capitals."""
        return self.source != self.source.lower()


class TermMatch(NamedTuple):
    """A term in a line."""

    start: int
    end: int
    term: Term


class Glossary:
    """Terms, to be found in lines."""

    def __init__(self, terms: Iterable[Term], stem_length: int = 0) -> None:
        """Take the terms.

        Args:
            terms: each with another source.
            stem_length: a translation meets a term too by a word that begins with as many letters
                of it, or ends in it: inflected and compounded forms; 0: exact forms alone.
        """
        self.stem_length = stem_length
        self.terms = {term.source: term for term in terms}
        sensitive = [term.source for term in self.terms.values() if term.is_case_sensitive]
        self._as_written = WordList(sensitive)
        self._lower_case = WordList(self.terms.keys() - set(sensitive))

    @classmethod
    def load(cls, path: Path, stem_length: int = 0) -> "Glossary":
        """Read a file of tab-separated lines: source, target, and columns that are ignored.

        A source on several lines has several translations. A line that begins with # is a comment.

        Raises:
            TextError: a line has no source or no target, or a source differs from an earlier one by
                its case alone; the message names file and line.
        """
        targets: dict[str, list[str]] = {}
        spelled: dict[str, tuple[str, int]] = {}
        for number, line in enumerate(read_lines(path), 1):
            if not line.strip() or line.startswith("#"):
                continue
            cells = [cell.strip() for cell in line.split("\t")]
            where = f"{path}, line {number}"
            if len(cells) < 2 or not cells[0] or not cells[1]:
                raise TextError(f"{where}: a term needs a source, a tab and a target")
            source, target = cells[:2]
            before, first = spelled.setdefault(source.lower(), (source, number))
            if before != source:
                raise TextError(
                    f"{where}: {quoted(source)} differs from {quoted(before)} of line {first} by "
                    "its case alone"
                )
            if target not in targets.setdefault(source, []):
                targets[source].append(target)
        if len(targets) > MAX_TERMS:
            raise TextError(f"{path} has {len(targets):,} terms, more than {MAX_TERMS:,}")
        return cls((Term(source, tuple(found)) for source, found in targets.items()), stem_length)

    def find(self, line: str) -> list[TermMatch]:
        """Return the terms of a line, the longest at a position, from left to right."""
        lowered = "".join(c.lower() if len(c.lower()) == 1 else c for c in line)
        found = [*self._as_written.find(line), *self._lower_case.find(lowered)]
        matches: list[TermMatch] = []
        for start, end in sorted(found, key=lambda span: (span[0], -span[1])):
            if not matches or start >= matches[-1].end:
                text = line[start:end]
                term = self.terms.get(text) or self.terms[lowered[start:end]]
                matches.append(TermMatch(start, end, term))
        return matches

    def is_met(self, term: Term, translation: str) -> bool:
        """Return whether a translation has one of the targets of a term."""
        lowered = translation.lower()
        forms = [target.lower() for target in term.targets]
        if any(_has_word(lowered, form) for form in forms):
            return True
        long = [form for form in forms if 0 < self.stem_length <= len(form)]
        return any(
            word.startswith(form[: self.stem_length]) or word.endswith(form)
            for form in long
            for word in _WORDS.findall(lowered)
        )


def _has_word(line: str, form: str) -> bool:
    """Return whether `form` is in `line`, from word boundary to word boundary."""
    start = line.find(form)
    while start >= 0:
        if is_word_boundary(line, start) and is_word_boundary(line, start + len(form)):
            return True
        start = line.find(form, start + 1)
    return False
