"""Units of a line, and the translation of the line from those of its units."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from seq2seq.inference.span_placement import remove_spans
from seq2seq.text.glossary import TermMatch
from seq2seq.text.prefixes import Prefix
from seq2seq.text.protection import ProtectedLine
from seq2seq.text.spans.icu_sentences import rebuild
from seq2seq.text.spans.icu_tree import Message, Path
from seq2seq.text.spans.rules import Span
from seq2seq.text.special_tokens import SYMBOLS

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
        parts = zip(texts, self.units, strict=True)
        return self.blank_before + "".join(text + unit.blank_after for text, unit in parts)


def keep_no_break_spaces(source: str, translation: str) -> str:
    """Return `translation` with a no-break space behind each word that has one in `source`."""
    for word, space in _NO_BREAK.findall(source):
        translation = translation.replace(f"{word} ", f"{word}{space}", 1)
    return translation
