"""Synthetic pairs: which translation of a line is taken, and whether the pair is any good."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from sacrebleu.metrics.chrf import CHRF

from seq2seq.inference.confidence import mean_probability
from seq2seq.inference.decode import ScoredTranslation
from seq2seq.inference.translator import Translator

if TYPE_CHECKING:
    from seq2seq.inference.classifier import LineClassifier


class RoundTrip(NamedTuple):
    """A translator of the opposite direction, and how like the line its translation must be."""

    translator: Translator
    similarity: float  # chrF, from 0 to 100


class LanguageFilter(NamedTuple):
    """A classifier of languages, and the language that translations must be in."""

    classifier: "LineClassifier"
    language: str


class PairFilters(NamedTuple):
    """The filters of synthetic pairs, each where it is not None."""

    threshold: float | None = None  # of the mean probability of tokens, 1 / perplexity
    round_trip: RoundTrip | None = None
    language: LanguageFilter | None = None

    def reasons(
        self, lines: Sequence[str], translations: Sequence[ScoredTranslation]
    ) -> list[str | None]:
        """Return for each line with its translation why the pair is dropped, None if it is kept."""
        reasons = [self._own_reason(*pair) for pair in zip(lines, translations, strict=True)]
        for reason, dropped in (
            ("in another language", self._in_other_languages),
            ("unlike the line after the round trip", self._lost_on_round_trips),
        ):
            rows = [row for row, known in enumerate(reasons) if known is None]
            of_rows = [lines[row] for row in rows], [translations[row].text for row in rows]
            for row, is_dropped in zip(rows, dropped(*of_rows), strict=True):
                if is_dropped:
                    reasons[row] = reason
        return reasons

    def _own_reason(self, line: str, translation: ScoredTranslation) -> str | None:
        """Return why a pair is dropped, as far as its translation alone tells."""
        if not line.strip():
            return "blank"
        if not translation.text.strip():
            return "without a translation"
        if translation.is_repetitive:
            return "repetitive"
        if not translation.has_eos:
            return "cut off"
        if self.threshold is not None and mean_probability(translation) < self.threshold:
            return "below the threshold"
        return None

    def _in_other_languages(self, _: Sequence[str], translations: Sequence[str]) -> Iterator[bool]:
        """Yield whether each translation is classified as of another language."""
        if self.language is None:
            yield from [False] * len(translations)
            return
        for label in self.language.classifier.classify(translations).labels:
            yield label is None or label.name != self.language.language

    def _lost_on_round_trips(
        self, lines: Sequence[str], translations: Sequence[str]
    ) -> Iterator[bool]:
        """Yield whether each translation, translated back, is unlike its line."""
        if self.round_trip is None:
            yield from [False] * len(translations)
            return
        metric = CHRF()
        back = self.round_trip.translator.translate(translations)
        for line, text in zip(lines, back, strict=True):
            yield metric.sentence_score(text, [line]).score < self.round_trip.similarity


def most_similar(translations: Sequence[ScoredTranslation], reference: str) -> ScoredTranslation:
    """Return the translation that is most like `reference` by chrF; of equals the first.

    Sequence-level interpolation of Kim and Rush (2016), https://arxiv.org/abs/1606.07947.
    """
    metric = CHRF()
    return max(translations, key=lambda each: metric.sentence_score(each.text, [reference]).score)
