"""Terms of a glossary in translations: those that a translation lacks are enforced by symbols."""

from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from seq2seq.inference.decode import ScoredTranslation
from seq2seq.inference.line_units import Unit
from seq2seq.inference.unit_decoding import UnitBatch, UnitDecoder
from seq2seq.inference.units import UnitPlanner
from seq2seq.text.glossary import TermMatch


class TermEnforcement:
    """Finds the terms that translations lack, decodes again with symbols for them, and counts."""

    def __init__(self, planner: UnitPlanner, decoder: UnitDecoder) -> None:
        """Enforce the terms of the glossary of `planner` in translations of `decoder`."""
        self.planner, self.decoder = planner, decoder
        # By term of the source, and met, enforced or missing.
        self.counts: Counter[tuple[str, str]] = Counter()

    def missing(
        self,
        batch: UnitBatch,
        translations: Sequence[list[ScoredTranslation]],
        enforced: Mapping[int, Sequence[TermMatch]] = MappingProxyType({}),
    ) -> dict[int, list[TermMatch]]:
        """Return the terms of the glossary that the best translations of units lack, by index."""
        glossary = self.planner.glossary
        if glossary is None:
            return {}
        lacking = {
            index: glossary.missing(unit.terms, best[0].text, enforced.get(index, ()))
            for index, (unit, best) in enumerate(zip(batch.units, translations, strict=True))
        }
        return {index: missing for index, missing in lacking.items() if missing}

    def enforce(
        self, batch: UnitBatch, translations: list[list[ScoredTranslation]], decoded: list[Unit]
    ) -> dict[int, Sequence[TermMatch]]:
        """Decode units again whose best translation lacks a term, with a symbol for that.

        Where another term is missing then, all terms of the unit get symbols. `translations` and
        `decoded`, the unit of each, are replaced.

        Returns:
            The terms that got symbols, by unit.
        """
        enforced: dict[int, Sequence[TermMatch]] = {}
        for is_last in (False, True):
            missing = self.missing(batch, translations, enforced)
            if not missing or not self.decoder.has_symbols:
                break
            chosen = {i: batch.units[i].terms if is_last else missing[i] for i in missing}
            enforced |= chosen
            forced = {
                index: self.planner.force_terms(batch.units[index], terms)
                for index, terms in chosen.items()
            }
            again = self.decoder.decode(batch.replace(forced))
            for (index, unit), best in zip(forced.items(), again, strict=True):
                translations[index], decoded[index] = best, unit
        return enforced

    def count(
        self,
        batch: UnitBatch,
        missing: Mapping[int, Sequence[TermMatch]],
        left: Mapping[int, Sequence[TermMatch]],
    ) -> None:
        """Count the terms of a batch by what became of them.

        Args:
            batch: the units.
            missing: the terms that the first translations lacked, by unit.
            left: the terms that the last ones lack.
        """
        for index, unit in enumerate(batch.units):
            for match in unit.terms:
                is_left, was_missing = match in left.get(index, ()), match in missing.get(index, ())
                outcome = "missing" if is_left else "enforced" if was_missing else "met"
                self.counts[match.term.source, outcome] += 1
