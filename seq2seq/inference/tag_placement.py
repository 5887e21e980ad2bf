"""Pairs of tags around what their content became: by symbols, or by attention.

A network that has seen few tags reads a sentence with symbols for them worse than without. A unit
with pairs of tags is therefore decoded both ways. The translation without them gets the tags by
attention. That which encloses more of the very words that the source encloses is kept, as names
are; of two that enclose as many, that with the larger mean log-probability. It has all spans.
"""

from collections.abc import Sequence
from itertools import pairwise

from seq2seq.inference.decode import ScoredTranslation
from seq2seq.inference.line_units import Unit
from seq2seq.inference.placement_weights import PlacementWeights
from seq2seq.inference.repair import count_errors
from seq2seq.inference.span_placement import SpanPlacer
from seq2seq.inference.unit_decoding import UnitBatch, UnitDecoder
from seq2seq.inference.units import UnitPlanner
from seq2seq.text.spans.pairing import pair_tags
from seq2seq.text.spans.rules import Span


class TagPlacement:
    """Decodes units, those with pairs of tags both with symbols for them and without."""

    def __init__(self, planner: UnitPlanner, decoder: UnitDecoder) -> None:
        """Place the tags of units of `planner` in translations of `decoder`."""
        self.planner, self.decoder = planner, decoder
        self.weights = PlacementWeights(planner.tokenizer, decoder)

    def decode(
        self, batch: UnitBatch, blocked_ngram: int = 0
    ) -> tuple[list[list[ScoredTranslation]], list[Unit]]:
        """Return the translations of each unit, the best first, and the units that were decoded.

        Units without pairs of tags are decoded as they are, and all units where the network has no
        symbols or no attention. The arguments are those of `UnitDecoder.decode`.
        """
        spans_of = {
            index: spans
            for index, unit in enumerate(batch.units)
            if (spans := self._placed_spans(unit))
        }
        if not spans_of:
            return self.decoder.decode(batch, blocked_ngram), [*batch.units]
        decoded = [*batch.units]
        translations: list[list[ScoredTranslation]] = [[] for _ in batch.units]
        others = [index for index in range(len(batch.units)) if index not in spans_of]
        if others:
            untagged = self.decoder.decode(batch.select(others), blocked_ngram)
            for index, best in zip(others, untagged, strict=True):
                translations[index] = best
        with_tags = batch.select([*spans_of])._replace(scored=True)
        without_tags = {
            index: self.planner.without(batch.units[index], spans)
            for index, spans in spans_of.items()
        }
        stripped = batch.replace(without_tags)._replace(scored=True)
        of_symbols = self.decoder.decode(with_tags, blocked_ngram)
        without = self.decoder.decode(stripped, blocked_ngram)
        placed = self._placed(with_tags, [*spans_of.values()], stripped, without)
        for row, index in enumerate(spans_of):
            translations[index] = of_symbols[row]
            candidate = placed[row]
            unit = batch.units[index]
            if candidate and encloses_better(unit, candidate[0], of_symbols[row][0]):
                translations[index], decoded[index] = candidate, without_tags[index]
        return translations, decoded

    def _placed_spans(self, unit: Unit) -> list[Span]:
        """Return the spans of a unit that may be placed by attention."""
        if self.planner.rules is None or not self.decoder.has_symbols or unit.prefix is not None:
            return []
        return enclosing_spans(unit) if self.weights.has_attention else []

    def _placed(
        self,
        batch: UnitBatch,
        spans_of_rows: Sequence[Sequence[Span]],
        stripped: UnitBatch,
        translations: Sequence[list[ScoredTranslation]],
    ) -> list[list[ScoredTranslation] | None]:
        """Return the translations of units with their pairs; None where a span is not kept.

        Args:
            batch: B units.
            spans_of_rows: the spans of the pairs of each.
            stripped: the same without pairs.
            translations: of those, the best first.
        """
        rules = self.planner.rules
        assert rules is not None
        weights = self.weights.of_units(stripped.units, translations, stripped.previous)
        placed: list[list[ScoredTranslation] | None] = []
        rows = zip(batch.units, spans_of_rows, translations, strict=True)
        for unit, spans, hypotheses in rows:
            texts = [
                SpanPlacer(unit.source, spans, each.text, next(weights)).render(each.text)
                for each in hypotheses
            ]
            is_kept = not any(count_errors(unit.spans, text, rules) for text in texts)
            pairs = zip(hypotheses, texts, strict=True)
            placed.append([each._replace(text=text) for each, text in pairs] if is_kept else None)
        return placed


def encloses_better(unit: Unit, candidate: ScoredTranslation, other: ScoredTranslation) -> bool:
    """Return whether the pairs of a unit are better in a translation than in the other one."""
    if candidate.is_repetitive == other.is_repetitive:
        kept, of_other = (copied_contents(unit, each.text) for each in (candidate, other))
        if kept != of_other:
            return kept > of_other
    return reads_better(candidate, other)


def copied_contents(unit: Unit, text: str) -> int:
    """Return how many pairs of tags enclose the same words in a translation as in the source."""
    spans = unit.spans
    return sum(
        any(character.isalnum() for character in unit.source[spans[a].end : spans[b].start])
        and spans[a].text + unit.source[spans[a].end : spans[b].end] in text
        for a, b in pair_tags(spans).items()
    )


def reads_better(candidate: ScoredTranslation, other: ScoredTranslation) -> bool:
    """Return whether a translation has the larger mean log-probability, and does not repeat itself.

    A repetition decides before probabilities do.
    """
    if candidate.is_repetitive != other.is_repetitive:
        return other.is_repetitive
    return _mean_logprob(candidate) > _mean_logprob(other)


def _mean_logprob(translation: ScoredTranslation) -> float:
    """Return the mean log-probability of tokens and end of sentence; of no tokens it is 0."""
    return translation.logprob / max(1, len(translation.logprobs))


def enclosing_spans(unit: Unit) -> list[Span]:
    """Return the spans of pairs that enclose letters, in order."""
    pairs = pair_tags(unit.spans)
    if not pairs:
        return []
    inside = [unit.source[a.end : b.start] for a, b in pairwise(unit.spans)]
    has_letters = [any(character.isalpha() for character in text) for text in inside]
    chosen = sorted(
        index for pair in pairs.items() if any(has_letters[pair[0] : pair[1]]) for index in pair
    )
    return [unit.spans[index] for index in chosen]
