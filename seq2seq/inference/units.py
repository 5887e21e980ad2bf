"""Units of translation: the sentences of a line, with symbols for what is protected, and back.

A line is cut into units, each unit is translated by itself, and the translations are joined with
the blanks that stood between the units. No text of a line is ever dropped.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from seq2seq.text.glossary import Glossary, TermMatch
from seq2seq.text.protection import ProtectedLine, protect
from seq2seq.text.sentences import Sentence, split_clauses, split_sentences
from seq2seq.text.spans.finding import find_spans
from seq2seq.text.spans.icu import parse
from seq2seq.text.spans.icu_sentences import expand, rebuild
from seq2seq.text.spans.icu_tree import Message, Path
from seq2seq.text.spans.rules import Span, SpanRules
from seq2seq.text.special_tokens import MAX_SYMBOLS, SYMBOLS
from seq2seq.text.tokenizer import Tokenizer
from seq2seq.text.transforms import TextTransforms

# Blanks around a line that its translation keeps. What breaks lines is not among them.
_BLANKS = " \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
TERM = "term"  # the kind of span of a glossary's term
_NO_BREAK = re.compile("(\\w+)([\u00a0\u202f])(?=\\S)")
_MAY_BE_ICU = re.compile(r"\{[^{}]*,\s*(?:plural|select|selectordinal)\s*,")
_OUTER = re.compile(f"([{_BLANKS}]*)(.*?)([{_BLANKS}]*)", re.DOTALL)


class Unit(NamedTuple):
    """A part of a line that is translated by itself."""

    source: str  # as it stands in the line
    protected: ProtectedLine  # its text has symbols, and is transformed
    ids: list[int]  # tokens of that text
    blank_after: str
    spans: Sequence[Span] = ()  # of its source
    terms: Sequence[TermMatch] = ()  # of the glossary, in its source

    @property
    def is_copied(self) -> bool:
        """Return whether the unit has no letter outside its spans: it needs no translation."""
        text = self.protected.text
        return bool(self.protected.spans) and not any(c.isalpha() for c in text if c not in SYMBOLS)


class IcuMessage(NamedTuple):
    """An ICU message of which each unit is one sentence."""

    message: Message
    paths: list[Path]  # of the branches of each unit
    language: str  # of the translation, whose plural categories it gets


class LineUnits(NamedTuple):
    """The units of a line, none if it is blank."""

    blank_before: str
    units: list[Unit]
    icu: IcuMessage | None = None

    def join(self, translations: Sequence[str]) -> str:
        """Return the translation of the line from those of its units."""
        texts = [
            keep_no_break_spaces(unit.source, text)
            for unit, text in zip(self.units, translations, strict=True)
        ]
        if self.icu is not None:
            by_path = dict(zip(self.icu.paths, texts, strict=True))
            text = rebuild(self.icu.message, by_path, self.icu.language)
            return self.blank_before + text + self.units[-1].blank_after
        parts = zip(texts, self.units, strict=True)
        return self.blank_before + "".join(text + unit.blank_after for text, unit in parts)


def keep_no_break_spaces(source: str, translation: str) -> str:
    """Return `translation` with a no-break space behind each word that has one in `source`."""
    for word, space in _NO_BREAK.findall(source):
        translation = translation.replace(f"{word} ", f"{word}{space}", 1)
    return translation


class UnitPlanner:
    """Cuts lines into units.

    With `split` "auto" a line is cut into its sentences when it is longer than `typical_length`
    tokens, the median of the lines that the network was trained on. A unit of more than
    `max_length` tokens is cut at clause borders, always.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        transforms: TextTransforms,
        rules: SpanRules | None,
        languages: tuple[str, str],
        split: str,
        typical_length: int,
        max_length: int,
        glossary: Glossary | None = None,
    ) -> None:
        """Plan for a network.

        Args:
            tokenizer: of the source.
            transforms: of each unit, before it is tokenised.
            rules: of the spans that are protected; None: nothing is.
            languages: codes of source and target.
            split: auto, off or always.
            typical_length: tokens; see the class.
            max_length: tokens of a unit.
            glossary: terms whose translation is given.
        """
        self.glossary = glossary
        self.tokenizer, self.transforms, self.rules = tokenizer, transforms, rules
        self.languages, self.split = languages, split
        self.typical_length, self.max_length = typical_length, max_length
        self.has_symbols = tokenizer.has_symbols

    def plan(self, lines: Sequence[str]) -> list[LineUnits]:
        """Return the units of each line."""
        outer = [_OUTER.fullmatch(line) for line in lines]
        cores = [(match[1], match[2], match[3]) if match else ("", "", "") for match in outer]
        parts = [_Part(core, after, self._spans(core)) for _, core, after in cores]
        planned = []
        for (before, _, after), part, unit in zip(cores, parts, self._units(parts), strict=True):
            if not unit.ids:
                planned.append(LineUnits("", []))
            elif message := self._icu_message(part.text):
                sentences = [_Part(s.text, "", self._spans(s.text)) for s in expand(message)]
                paths = [sentence.path for sentence in expand(message)]
                icu = IcuMessage(message, paths, self.languages[1])
                planned.append(LineUnits(before, _followed(self._units(sentences), after), icu))
            elif self._is_split(len(unit.ids)):
                planned.append(LineUnits(before, self._units(self._split(part))))
            else:
                planned.append(LineUnits(before, [unit]))
        return planned

    def _spans(self, text: str) -> list[Span]:
        return find_spans(text, self.rules) if self.rules is not None else []

    def _icu_message(self, text: str) -> Message | None:
        """Return the ICU message that a text is, if it is well-formed and has few choices."""
        if self.rules is None or not _MAY_BE_ICU.search(text):
            return None
        try:
            message = parse(text)
            return message if message and expand(message) else None
        except ValueError:
            return None  # it is translated as the text that it is

    def _is_split(self, length: int) -> bool:
        """Return whether a line of `length` tokens may be more than one unit."""
        if length > self.max_length or self.split == "always":
            return True
        return self.split == "auto" and length > self.typical_length

    def _protect(
        self, text: str, spans: Sequence[Span], terms: Sequence[Span] = ()
    ) -> ProtectedLine:
        if not self.has_symbols:
            return ProtectedLine(self.transforms(text), [], [])
        line = protect(text, spans, terms)
        return line._replace(text=self.transforms(line.text))

    def _split(self, line: "_Part") -> list["_Part"]:
        """Return the sentences of a line, and of those that are too long the clauses.

        The spans are those of the line: a marker may have its partner in another sentence.
        """
        sentences = [Sentence(line.text, "")]
        if self.split != "off":
            positions = [(span.start, span.end) for span in line.spans]
            sentences = split_sentences(line.text, self.languages[0], lambda _: positions)
        parts, start = [], 0
        for sentence in sentences:
            inside = _shifted(line.spans, start, sentence.text)
            parts += self._split_clauses(_Part(*sentence, inside))
            start += len(sentence.text) + len(sentence.blank_after)
        return [
            *parts[:-1],
            parts[-1]._replace(blank_after=parts[-1].blank_after + line.blank_after),
        ]

    def _split_clauses(self, sentence: "_Part") -> list["_Part"]:
        positions = [(span.start, span.end) for span in sentence.spans]
        parts, start = [], 0
        for clause in split_clauses(sentence.text, self._fits, lambda _: positions):
            parts.append(_Part(*clause, _shifted(sentence.spans, start, clause.text)))
            start += len(clause.text) + len(clause.blank_after)
        return _with_blanks(parts, sentence.blank_after)

    def _units(self, parts: Sequence["_Part"]) -> list[Unit]:
        """Return a unit for each part."""
        protected = [self._protect(part.text, part.spans) for part in parts]
        encoded = self.tokenizer.encode([line.text for line in protected])
        find = self.glossary.find if self.glossary is not None else lambda _: []
        return [
            Unit(part.text, line, ids, part.blank_after, part.spans, find(part.text))
            for part, line, ids in zip(parts, protected, encoded, strict=True)
        ]

    def force_terms(self, unit: Unit, terms: Sequence[TermMatch]) -> Unit:
        """Return `unit` with symbols for `terms`, which come back as the terms' translations."""
        spans = [Span(*match[:2], TERM, unit.source[match.start : match.end]) for match in terms]
        line = self._protect(unit.source, unit.spans, spans)
        targets = {match.start: match.term.targets[0] for match in terms}
        restored = [
            span._replace(text=targets[span.start]) if span.kind == TERM else span
            for span in line.spans
        ]
        line = line._replace(spans=restored)
        return unit._replace(protected=line, ids=self.tokenizer.encode([line.text])[0])

    def _fits(self, text: str) -> bool:
        """Return whether a text may be one unit."""
        spans = self._spans(text)
        if len(spans) > MAX_SYMBOLS:
            return False
        return len(self.tokenizer.encode([self._protect(text, spans).text])[0]) <= self.max_length


class _Part(NamedTuple):
    """A part of a line, with the spans in it."""

    text: str
    blank_after: str
    spans: Sequence[Span]


def _with_blanks(parts: list[_Part], blanks: str) -> list[_Part]:
    """Return `parts` with more blanks after the last one."""
    last = parts[-1]
    return [*parts[:-1], last._replace(blank_after=last.blank_after + blanks)]


def _shifted(spans: Sequence[Span], start: int, text: str) -> list[Span]:
    """Return the spans inside of `text`, which begins at `start`, relative to that."""
    end = start + len(text)
    return [
        span._replace(start=span.start - start, end=span.end - start)
        for span in spans
        if start <= span.start and span.end <= end
    ]


def _followed(units: list[Unit], blanks: str) -> list[Unit]:
    return [*units[:-1], units[-1]._replace(blank_after=blanks)]
