"""Repair of translations that lack spans, for networks that were not trained with symbols.

The text is translated without its spans, and they are inserted into the translation, see
`seq2seq.inference.span_placement`.
"""

import logging
from collections.abc import Sequence
from typing import NamedTuple

from torch import Tensor

from seq2seq.inference.decode import ScoredTranslation
from seq2seq.inference.line_units import Unit
from seq2seq.inference.placement_weights import PlacementWeights
from seq2seq.inference.span_placement import SpanPlacer
from seq2seq.inference.unit_decoding import UnitBatch, UnitDecoder
from seq2seq.inference.units import UnitPlanner
from seq2seq.text.spans.comparison import check_spans
from seq2seq.text.spans.finding import find_spans
from seq2seq.text.spans.rules import Span, SpanRules

log = logging.getLogger("seq2seq.inference.repair")


class RepairedUnit(NamedTuple):
    """A unit that was decoded without its spans, and its translations with them."""

    decoded: Unit
    translations: list[ScoredTranslation]


class SpanRepair:
    """Decodes units again whose best translation does not have their spans exactly.

    A translation whose prefix is given stays as it is: an inserted span might be in the prefix.
    """

    def __init__(self, planner: UnitPlanner, decoder: UnitDecoder) -> None:
        """Repair translations of `decoder`, whose units are of `planner`."""
        self.planner, self.decoder = planner, decoder
        self.weights = PlacementWeights(planner.tokenizer, decoder)
        self._has_warned = False

    def repair(
        self,
        batch: UnitBatch,
        translations: Sequence[list[ScoredTranslation]],
    ) -> dict[int, RepairedUnit]:
        """Return the units of a batch that were repaired, by their index.

        Args:
            batch: the units.
            translations: of each unit, the best first.
        """
        rules, units = self.planner.rules, batch.units
        if rules is None or self.decoder.has_symbols:
            return {}
        failed = {
            index: count_errors(unit.spans, best[0].text, rules)
            for index, (unit, best) in enumerate(zip(units, translations, strict=True))
            if unit.spans and not unit.is_copied and unit.prefix is None
        }
        failed = {index: count for index, count in failed.items() if count}
        if not failed:
            return {}
        self._warn_without_attention()
        stripped = batch.replace({i: self.planner.without_spans(units[i]) for i in failed})
        again = self.decoder.decode(stripped)
        weights = self.weights.of_units(stripped.units, again, stripped.previous)
        repaired = {}
        for (index, count), unit, best in zip(failed.items(), stripped.units, again, strict=True):
            source, spans = units[index].source, units[index].spans
            inserted = [
                each._replace(text=insert_spans(source, spans, each.text, next(weights), rules))
                for each in best
            ]
            repaired[index] = RepairedUnit(unit, [t._replace(repaired=count) for t in inserted])
        return repaired

    def _warn_without_attention(self) -> None:
        if not self.weights.has_attention and not self._has_warned:
            self._has_warned = True
            log.warning("spans are placed by their relative position: the run has no attention")


def count_errors(spans: Sequence[Span], text: str, rules: SpanRules) -> int:
    """Return the number of spans of a source that its translation lacks, or has too often."""
    errors = check_spans(spans, text, rules)
    texts = {span.text for span in spans}
    return len(errors.missing) + sum(span.text in texts for span in errors.extra)


def insert_spans(
    source: str, spans: Sequence[Span], text: str, weights: Tensor, rules: SpanRules
) -> str:
    """Return a translation with all spans of its source, each as often as there.

    What the translation has beside them is removed as far as it would change them: spans that the
    network made up, then all punctuation. The source is its own translation if nothing helps.

    Args:
        source: with its spans.
        spans: sorted.
        text: the translation of the source without spans.
        weights: (V, W) of the parts of `text` and of the source without spans.
        rules: of spans.
    """
    placer = SpanPlacer(source, spans, text, weights)
    own = _blank_spans(text, spans, rules)
    letters = "".join(c if c.isalnum() else " " for c in own)
    for base, is_spaced in ((text, False), (own, False), (own, True), (letters, True)):
        inserted = placer.render(base, is_spaced)
        if not count_errors(spans, inserted, rules):
            return inserted
    return source


def _blank_spans(text: str, spans: Sequence[Span], rules: SpanRules) -> str:
    """Return `text` with blanks for spans."""
    for span in find_spans(text, rules):
        text = text[: span.start] + " " * len(span.text) + text[span.end :]
    for span in spans:
        text = text.replace(span.text, " " * len(span.text))
    return text
