"""Units of translation: the sentences of a line, with symbols for what is protected, and back.

A line is cut into units, each unit is translated by itself, and the translations are joined with
the blanks that stood between the units. No text of a line is ever dropped.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from seq2seq.inference.line_units import IcuMessage, LineUnits, Unit
from seq2seq.inference.span_placement import remove_spans
from seq2seq.text.glossary import Glossary, TermMatch
from seq2seq.text.prefixes import Prefix
from seq2seq.text.protection import ProtectedLine, as_written, outside, protect, translated
from seq2seq.text.scripts import FOREIGN, ForeignText, cut_foreign
from seq2seq.text.sentences import Sentence, split_clauses, split_sentences
from seq2seq.text.spans.finding import find_spans
from seq2seq.text.spans.icu import parse
from seq2seq.text.spans.icu_sentences import expand
from seq2seq.text.spans.icu_tree import Path
from seq2seq.text.spans.rules import Span, SpanRules
from seq2seq.text.special_tokens import MAX_SYMBOLS
from seq2seq.text.tokenizer import Tokenizer
from seq2seq.text.transforms import TextTransforms
from seq2seq.text.truecase import Truecaser

TERM = "term"  # the kind of span of a glossary's term
# Blanks around a line that its translation keeps. What breaks lines is not among them.
_BLANKS = " \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_MAY_BE_ICU = re.compile(r"\{[^{}]*,\s*(?:plural|select|selectordinal)\s*,")
_OUTER = re.compile(f"([{_BLANKS}]*)(.*?)([{_BLANKS}]*)", re.DOTALL)


class Splitting(NamedTuple):
    """Lines that are cut into units."""

    mode: str  # auto, off or always
    typical_length: int  # tokens; a longer line is cut into its sentences with "auto"
    max_length: int  # as `Tokenizer.length` counts; a longer unit is cut at clause borders


class UnitPlanner:
    """Cuts lines into units, and brings each into the form that a network was trained on."""

    def __init__(
        self,
        tokenizer: Tokenizer,
        transforms: TextTransforms,
        rules: SpanRules | None,
        languages: tuple[str, str],
        splitting: Splitting,
        glossary: Glossary | None = None,
        truecaser: Truecaser | None = None,
        tags: Sequence[int] = (),
    ) -> None:
        """Plan for a network.

        Args:
            tokenizer: of the source.
            transforms: of each unit, before it is tokenised.
            rules: of the spans that are protected; None: nothing is.
            languages: codes of source and target.
            splitting: which lines are cut.
            glossary: terms whose translation is given.
            truecaser: of units in capitals, in Title Case or lower case; None: they stay so.
            tags: token ids that are put before those of each unit.
        """
        self.tags = list(tags)
        self.glossary, self.truecaser = glossary, truecaser
        self.tokenizer, self.transforms, self.rules = tokenizer, transforms, rules
        self.languages, self.splitting = languages, splitting
        self.has_symbols = tokenizer.has_symbols
        self.foreign = ForeignText(tokenizer.letters())

    def plan(self, lines: Sequence[str]) -> list[LineUnits]:
        """Return the units of each line."""
        cores = [self._core(line) for line in lines]
        parts = [part for _, part in cores]
        planned = []
        units = self._units(parts)
        for line, (before, part), unit in zip(lines, cores, units, strict=True):
            if not unit.ids:
                planned.append(LineUnits("", []))
            elif prefix := Prefix.of(line, self.transforms):  # of one unit, however long
                planned.append(LineUnits("", [unit._replace(prefix=prefix)]))
            elif icu := self._icu_units(before, part):
                planned.append(icu)
            elif self._is_split(unit.ids):
                blanks, made = self._split(part)
                planned.append(LineUnits(before + blanks, made, languages=self.languages))
            else:
                planned.append(LineUnits(before, [unit]))
        return planned

    def _core(self, line: str) -> tuple[str, "_Part"]:
        """Return what comes before the text of a line, and the text with what comes after.

        Blanks are outside the text, and so are emoji at the ends of a line that has other text.
        """
        match = _OUTER.fullmatch(line)
        before, core, after = (match[1], match[2], match[3]) if match else ("", "", "")
        spans = self._spans(core)
        start, end = 0, len(core)
        first, last = 0, len(spans)
        while first < last and spans[last - 1].kind == "emoji" and spans[last - 1].end == end:
            end = len(core[: spans[last - 1].start].rstrip(" "))
            last -= 1
        while first < last and spans[first].kind == "emoji" and spans[first].start == start:
            rest = core[spans[first].end : end]
            start = end - len(rest.lstrip(" "))
            first += 1
        if start >= end:
            return before, _Part(core, after, spans)
        inside = _shifted(spans[first:last], start, core[start:end])
        return before + core[:start], _Part(core[start:end], core[end:] + after, inside)

    def _spans(self, text: str) -> list[Span]:
        """Return the spans of a text, each with its text in the translation."""
        rules = self.rules
        if rules is None:
            return []
        spans = [
            span._replace(text=rules.localized(span, text)) for span in find_spans(text, rules)
        ]
        foreign = outside(self.foreign.find(text), spans)
        return sorted([*spans, *foreign]) if foreign else spans

    def _icu_units(self, before: str, line: "_Part") -> LineUnits | None:
        """Return the units of all sentences of an ICU message.

        None if the line is no message, or has too many choices: it is translated as text.
        """
        if self.rules is None or not _MAY_BE_ICU.search(line.text):
            return None
        try:
            message = parse(line.text)
            sentences = expand(message) if message else []
        except ValueError:
            return None
        if not message or not sentences:
            return None
        paths: list[Path] = []
        units: list[Unit] = []
        for sentence in sentences:
            part = _Part(sentence.text, "", self._spans(sentence.text))
            made = self._units([part])
            if self._is_split(made[0].ids):
                made = self._split(part)[1]
            units += made
            paths += [sentence.path] * len(made)
        icu = IcuMessage(message, paths, self.languages[1], line.blank_after)
        return LineUnits(before, units, icu)

    def _is_split(self, ids: Sequence[int]) -> bool:
        """Return whether a line of these tokens may be more than one unit."""
        mode, typical_length, max_length = self.splitting
        if mode == "always" or self.tokenizer.length(ids) > max_length:
            return True
        return mode == "auto" and len(ids) > typical_length

    def _protect(
        self, text: str, spans: Sequence[Span], terms: Sequence[Span] = ()
    ) -> ProtectedLine:
        """Return a text with symbols for its spans, whose texts are those in the translation."""
        line = ProtectedLine(text, [], [])
        if self.has_symbols:
            line = protect(text, as_written(spans, text), as_written(terms, text))
            restored = [translated(span, sorted((*spans, *terms)), text) for span in line.spans]
            line = line._replace(spans=restored)
        text = self.transforms(line.text)
        if self.truecaser is None:
            return line._replace(text=text)
        return line._replace(**self.truecaser(text)._asdict())

    def _split(self, line: "_Part") -> tuple[str, list[Unit]]:
        """Return the units of the sentences of a line, after blanks; of those too long, of clauses.

        The spans are those of the line: a marker may have its partner in another sentence.
        """
        sentences = [Sentence(line.text, "")]
        if self.splitting.mode != "off":
            positions = [(span.start, span.end) for span in line.spans]
            sentences = split_sentences(line.text, self.languages[0], lambda _: positions)
        blanks, parts, start = "", [], 0
        for sentence in sentences:
            if not sentence.text:  # blanks that begin the line
                blanks, start = sentence.blank_after, len(sentence.blank_after)
                continue
            parts.append(_Part(*sentence, _shifted(line.spans, start, sentence.text)))
            start += len(sentence.text) + len(sentence.blank_after)
        units: list[Unit] = []
        parts = _with_blanks(parts, line.blank_after)
        for part, unit in zip(parts, self._units(parts), strict=True):
            units += [unit] if self._is_short(unit) else self._units(self._split_clauses(part))
        return blanks, units

    def _is_short(self, unit: Unit) -> bool:
        """Return whether a unit need not be cut."""
        is_protected = not self.has_symbols or len(unit.spans) <= MAX_SYMBOLS
        return is_protected and self.tokenizer.length(unit.ids) <= self.splitting.max_length

    def _split_clauses(self, sentence: "_Part") -> list["_Part"]:
        positions = [(span.start, span.end) for span in sentence.spans]
        parts, start = [], 0
        for clause in split_clauses(sentence.text, self._fits, lambda _: positions):
            parts.append(_Part(*clause, _shifted(sentence.spans, start, clause.text)))
            start += len(clause.text) + len(clause.blank_after)
        return _with_blanks(parts, sentence.blank_after)

    def _units(self, parts: Sequence["_Part"]) -> list[Unit]:
        """Return a unit for each part."""
        terms = [self._terms(part) for part in parts]
        protected = [self._protect(part.text, part.spans) for part in parts]
        encoded = self._encode([line.text for line in protected])
        return [
            Unit(part.text, line, ids, part.blank_after, self._with_kept(part, found), found)
            for part, line, ids, found in zip(parts, protected, encoded, terms, strict=True)
        ]

    def _terms(self, part: "_Part") -> list[TermMatch]:
        """Return the terms of a part, but those within or across the border of a span of markup."""
        if self.glossary is None:
            return []
        return [
            match
            for match in self.glossary.find(part.text)
            if all(
                span.end <= match.start
                or match.end <= span.start
                or span.kind == FOREIGN
                or (match.start <= span.start and span.end <= match.end)
                for span in part.spans
            )
        ]

    def _with_kept(self, part: "_Part", terms: Sequence[TermMatch]) -> Sequence[Span]:
        """Return the spans of a part, and for a network without symbols the words that stay."""
        if self.has_symbols or self.rules is None:
            return part.spans
        kept = [Span(m.start, m.end, "word", m.text) for m in terms if not m.term.targets]
        return sorted([*outside(cut_foreign(part.spans, kept), kept), *kept])

    def force_terms(self, unit: Unit, terms: Sequence[TermMatch]) -> Unit:
        """Return `unit` with symbols for `terms`, which come back as the terms' translations."""
        spans = [Span(match.start, match.end, TERM, match.target) for match in terms]
        others = cut_foreign(unit.spans, spans)
        line = self._protect(unit.source, others, spans)
        return unit._replace(protected=line, ids=self._encode([line.text])[0], spans=others)

    def _encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the token ids of texts with tags before them; none of a blank text."""
        return [self.tags + ids if ids else ids for ids in self.tokenizer.encode(texts)]

    def without_spans(self, unit: Unit) -> Unit:
        """Return `unit` without its spans, which are no part of its source any more."""
        text = remove_spans(unit.source, unit.spans).text
        line = self._protect(text, ())
        ids = self._encode([line.text])[0]
        return unit._replace(source=text, protected=line, ids=ids, spans=())

    def without(self, unit: Unit, spans: Sequence[Span]) -> Unit:
        """Return `unit` without some of its spans; the others are protected as before."""
        text = remove_spans(unit.source, spans).text
        return self._units([_Part(text, unit.blank_after, self._spans(text))])[0]

    def _fits(self, text: str) -> bool:
        """Return whether a text may be one unit."""
        spans = self._spans(text)
        if self.has_symbols and len(spans) > MAX_SYMBOLS:
            return False
        ids = self.tokenizer.encode([self._protect(text, spans).text])[0]
        return self.tokenizer.length(ids) <= self.splitting.max_length


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
