"""Batches of translations that are stored as they are done, and recalled after an interruption."""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import torch

from seq2seq.inference.alignment import Alignment
from seq2seq.inference.decode import ScoredTranslation, ScoredWord
from seq2seq.inference.unit_decoding import UnitBatch
from seq2seq.storage.partial import BatchResults

Translations = list[list[ScoredTranslation]]  # of each unit, the best first
# From batches, and the length of n-grams that are not repeated, to the results of each batch.
DecodeElsewhere = Callable[[Iterable[UnitBatch], int], Iterator[BatchResults]]


class StoredBatches:
    """The batches of one window, in the order in which they are decoded."""

    def __init__(
        self,
        stored: Iterable[BatchResults],
        store: Callable[[BatchResults], None],
        term_counts: "Counter[tuple[str, str]]",
    ) -> None:
        """Recall the first batches, and store the others.

        Args:
            stored: what `store` got for the first batches of this window.
            store: takes the translations of a batch as plain values.
            term_counts: of the translator; those of recalled batches are added.
        """
        self._stored = deque(stored)
        self._store = store
        self._term_counts = term_counts

    def translate(
        self,
        batches: Iterable[UnitBatch],
        decode: Callable[[Iterable[UnitBatch]], Iterator[Translations]],
    ) -> Iterator[Translations]:
        """Yield the translations of the next batches: stored ones, then those of `decode`."""
        remaining = iter(batches)
        for _ in islice(remaining, len(self._stored)):
            yield recalled(self._stored.popleft(), self._term_counts)
        before = self._term_counts.copy()
        for translations in decode(remaining):
            self._store(batch_results(translations, before, self._term_counts))
            before = self._term_counts.copy()
            yield translations


def batch_results(
    translations: Translations,
    before: "Counter[tuple[str, str]]",
    counts: "Counter[tuple[str, str]]",
) -> BatchResults:
    """Return translations, and what was counted since `before`, as plain values."""
    plain = [[_plain(each) for each in unit] for unit in translations]
    return BatchResults(plain, counted_since(before, counts))


def recalled(results: BatchResults, counts: "Counter[tuple[str, str]]") -> Translations:
    """Return the translations of plain values, and add what was counted to `counts`."""
    add_counts(counts, results.counts)
    return [[_translation(each) for each in unit] for unit in results.units]


def counted_since(
    before: "Counter[tuple[str, str]]", counts: "Counter[tuple[str, str]]"
) -> list[tuple[str, str, int]]:
    """Return what was counted after `before` was copied from `counts`, as plain values."""
    return [(*key, number) for key, number in (counts - before).items()]


def add_counts(counts: "Counter[tuple[str, str]]", more: Iterable[Sequence[Any]]) -> None:
    """Add what `counted_since` returned."""
    for term, outcome, number in more:
        counts[term, outcome] += number


def _plain(translation: ScoredTranslation) -> dict[str, Any]:
    alignment, words = translation.alignment, [list(word) for word in translation.words]
    of_words = None
    if alignment is not None:
        weights = alignment.weights
        of_words = [alignment.source, alignment.target, weights.tolist(), list(weights.shape)]
    return translation._asdict() | {"alignment": of_words, "words": words}


def _translation(plain: dict[str, Any]) -> ScoredTranslation:
    alignment = plain["alignment"]
    if alignment is not None:
        source, target, weights, shape = alignment
        alignment = Alignment(source, target, torch.tensor(weights).reshape(shape))
    words = [ScoredWord(*word) for word in plain["words"]]
    return ScoredTranslation(**plain | {"alignment": alignment, "words": words})
