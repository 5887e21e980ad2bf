"""Glossaries: terms whose translation is given."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
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
    targets: tuple[str, ...]  # none: it is not translated, and stays as it is in the source

    @property
    def is_case_sensitive(self) -> bool:
        """Return whether the term is found as it is written alone: it is written with capitals."""
        return self.source != self.source.lower()


class TermMatch(NamedTuple):
    """A term in a line."""

    start: int
    end: int
    term: Term
    text: str  # as it is in the line

    @property
    def target(self) -> str:
        """Return the translation that is enforced."""
        return self.term.targets[0] if self.term.targets else self.text


class DistinctTerms:
    """Sources of terms, none of which differs from another by its case alone."""

    def __init__(self) -> None:
        self.first: dict[str, str] = {}  # where each source was given first
        self._spelled: dict[str, str] = {}

    def add(self, source: str, where: str) -> None:
        """Take a source that was given at `where`, as often as it may be.

        Raises:
            TextError: it differs from another by its case alone.
        """
        before = self._spelled.setdefault(source.lower(), source)
        if before != source:
            raise TextError(
                f"{where}: {quoted(source)} differs from {quoted(before)} "
                f"({self.first[before]}) by its case alone"
            )
        self.first.setdefault(source, where)


def require_term_count(count: int, where: str) -> None:
    """Refuse more than `MAX_TERMS` terms.

    Raises:
        TextError: there are more.
    """
    if count > MAX_TERMS:
        raise TextError(f"{where} has {count:,} terms, more than {MAX_TERMS:,}")


class Glossary:
    """Terms, to be found in lines."""

    def __init__(
        self, terms: Iterable[Term], stem_length: int = 0, where: Mapping[str, str] | None = None
    ) -> None:
        """Take the terms.

        Args:
            terms: each with another source.
            stem_length: a translation meets a term too by a word that begins with as many letters
                of it, or ends in it: inflected and compounded forms; 0: exact forms alone.
            where: file and line of each source, for messages.
        """
        self.stem_length, self.where = stem_length, dict(where or {})
        self.terms = {term.source: term for term in terms}
        sensitive = [term.source for term in self.terms.values() if term.is_case_sensitive]
        self._as_written = WordList(sensitive)
        self._lower_case = WordList(self.terms.keys() - set(sensitive))

    @classmethod
    def load(cls, path: Path, stem_length: int = 0) -> "Glossary":
        """Read a file of tab-separated lines: source, target, and columns that are ignored.

        A source on several lines has several translations. A line that begins with # is a comment.

        Raises:
            TextError: a line has no source or no target, is there twice, or has a source that
                differs from an earlier one by its case alone; the message names file and line.
        """
        targets: dict[str, list[str]] = {}
        sources = DistinctTerms()
        for number, line in enumerate(read_lines(path), 1):
            if not line.strip() or line.startswith("#"):
                continue
            cells = [cell.strip() for cell in line.split("\t")]
            where = f"{path}, line {number}"
            if len(cells) < 2 or not cells[0] or not cells[1]:
                raise TextError(f"{where}: a term needs a source, a tab and a target")
            source, target = cells[:2]
            sources.add(source, where)
            if target in targets.setdefault(source, []):
                raise TextError(f"{where}: {quoted(source)} has the target {quoted(target)} twice")
            targets[source].append(target)
        require_term_count(len(targets), str(path))
        terms = (Term(source, tuple(found)) for source, found in targets.items())
        return cls(terms, stem_length, sources.first)

    def find(self, line: str) -> list[TermMatch]:
        """Return the terms of a line, the longest at a position, from left to right."""
        lowered = "".join(c.lower() if len(c.lower()) == 1 else c for c in line)
        found = [*self._as_written.find(line), *self._lower_case.find(lowered)]
        matches: list[TermMatch] = []
        for start, end in sorted(found, key=lambda span: (span[0], -span[1])):
            if not matches or start >= matches[-1].end:
                text = line[start:end]
                term = self.terms.get(text) or self.terms[lowered[start:end]]
                matches.append(TermMatch(start, end, term, text))
        return matches

    def missing(
        self,
        matches: Sequence[TermMatch],
        translation: str,
        enforced: Sequence[TermMatch] = (),
    ) -> list[TermMatch]:
        """Return the terms of a line that its translation does not have.

        Args:
            matches: the terms; one that is not translated is there as often as in the line.
            translation: of the line.
            enforced: terms for which a symbol stood: they may be parts of words, as "curls".
        """
        lowered = translation.lower()
        left: Counter[str] = Counter()
        for text in {match.text for match in matches if not match.term.targets}:
            is_enforced = any(match.text == text for match in enforced)
            left[text] = translation.count(text) if is_enforced else count_word(translation, text)
        missing = []
        for match in matches:
            if match.term.targets:
                is_met = self.is_met(match.term, translation) or (
                    match in enforced and match.target.lower() in lowered
                )
            else:
                is_met = left[match.text] > 0
                left[match.text] -= 1
            missing += [] if is_met else [match]
        return missing

    def is_met(self, term: Term, translation: str) -> bool:
        """Return whether a translation has one of the targets of a term."""
        lowered = translation.lower()
        forms = [target.lower() for target in term.targets]
        if any(count_word(lowered, form) for form in forms):
            return True
        long = [form for form in forms if 0 < self.stem_length <= len(form)]
        return any(
            word.startswith(form[: self.stem_length]) or word.endswith(form)
            for form in long
            for word in _WORDS.findall(lowered)
        )


def count_word(line: str, form: str) -> int:
    """Return how often `form` is in `line`, from word boundary to word boundary."""
    count, start = 0, line.find(form)
    while start >= 0:
        end = start + len(form)
        is_word = is_word_boundary(line, start) and is_word_boundary(line, end)
        count += is_word
        start = line.find(form, end if is_word else start + 1)
    return count
