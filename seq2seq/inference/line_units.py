"""Units of a line, and the translation of the line from those of its units."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from seq2seq.inference.span_placement import remove_spans
from seq2seq.text.glossary import TermMatch
from seq2seq.text.languages import blank_between
from seq2seq.text.prefixes import Prefix
from seq2seq.text.protection import ProtectedLine
from seq2seq.text.spans.characters import stands_without_blank
from seq2seq.text.spans.icu_sentences import rebuild
from seq2seq.text.spans.icu_tree import Message, Path
from seq2seq.text.spans.rules import Span
from seq2seq.text.special_tokens import SYMBOLS

UNIT_KEYS = 2**40  # the k-th unit of line n has the random numbers of line n + k UNIT_KEYS
_NO_BREAK = re.compile("(\\w+)([\u00a0\u202f])(?=\\S)")


class Unit(NamedTuple):
    """A part of a line that is translated by itself."""

    source: str  # as it stands in the line
    protected: ProtectedLine  # its text has symbols, and is transformed
    ids: list[int]  # tokens of that text
    blank_after: str
    spans: Sequence[Span] = ()  # of its source
    terms: Sequence[TermMatch] = ()  # of the glossary, in its source
    prefix: Prefix | None = None  # of its translation

    @property
    def is_copied(self) -> bool:
        """Return whether the unit has no letter outside its spans: it needs no translation."""
        text, has_spans = self.protected.text, bool(self.protected.spans)
        if self.spans and not has_spans:  # without symbols
            text, has_spans = remove_spans(self.source, self.spans).text, True
        has_letters = any(c.isalpha() for c in text if c not in SYMBOLS)
        return has_spans and not has_letters and self.prefix is None

    @property
    def copy(self) -> str:
        """Return the translation of a unit that needs none: itself, with its spans as they become.

        Numbers may have another form, and enforced terms are translated.
        """
        spans = self.protected.spans or self.spans
        parts, end = [], 0
        for span in sorted(spans):
            parts += [self.source[end : span.start], span.text]
            end = span.end
        return "".join([*parts, self.source[end:]])


class IcuMessage(NamedTuple):
    """An ICU message, of which each combination of branches has one unit or several."""

    message: Message
    paths: list[Path]  # of the branches of each unit
    language: str  # of the translation, whose plural categories it gets
    blank_after: str


class LineUnits(NamedTuple):
    """The units of a line, none if it is blank."""

    blank_before: str
    units: list[Unit]
    icu: IcuMessage | None = None
    languages: tuple[str, str] = ("", "")  # of source and target

    def join(self, translations: Sequence[str]) -> str:
        """Return the translation of the line from those of its units."""
        texts = [
            text if unit.prefix else keep_no_break_spaces(unit.source, text)
            for unit, text in zip(self.units, translations, strict=True)
        ]
        if self.icu is not None:
            sentences: dict[Path, str] = {}
            for path, unit, text in zip(self.icu.paths, self.units, texts, strict=True):
                sentences[path] = sentences.get(path, "") + text + unit.blank_after
            message = rebuild(self.icu.message, sentences, self.icu.language)
            return self.blank_before + message + self.icu.blank_after
        parts = zip(texts, self.blanks(texts), strict=True)
        return self.blank_before + "".join(text + blank for text, blank in parts)

    def blanks(self, texts: Sequence[str]) -> list[str]:
        """Return what comes after the translation of each unit: what came after it in the line.

        Chinese and Japanese have no blanks between sentences: one is put in where they are
        translated into another language, and left out where another is translated into them.
        """
        blanks = [unit.blank_after for unit in self.units]
        has_none = [not blank_between(code) for code in self.languages]
        if has_none[0] == has_none[1]:
            return blanks
        for index, (before, after) in enumerate(pairwise(texts)):
            if not before or not after:
                continue
            if has_none[0] and not blanks[index]:
                blanks[index] = " "
            elif has_none[1] and blanks[index] == " ":
                is_wide = stands_without_blank(before[-1]) and stands_without_blank(after[0])
                blanks[index] = "" if is_wide else " "
        return blanks


def keep_no_break_spaces(source: str, translation: str) -> str:
    """Return `translation` with a no-break space behind each word that has one in `source`."""
    for word, space in _NO_BREAK.findall(source):
        translation = translation.replace(f"{word} ", f"{word}{space}", 1)
    return translation


def unit_keys(planned: Sequence[LineUnits], first: int) -> list[int]:
    """Return a number for each unit of consecutive lines, of which the first is line `first`."""
    return [
        first + index + UNIT_KEYS * number
        for index, line in enumerate(planned)
        for number in range(len(line.units))
    ]
