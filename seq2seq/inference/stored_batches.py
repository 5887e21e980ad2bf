"""Batches of translations that are stored as they are done, and recalled after an interruption."""

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

import torch

from seq2seq.inference.alignment import Alignment
from seq2seq.inference.decode import ScoredTranslation, ScoredWord
from seq2seq.inference.unit_decoding import UnitBatch

Translations = list[list[ScoredTranslation]]  # of each unit, the best first


class StoredBatches:
    """The batches of one window, in the order in which they are decoded."""

    def __init__(self, stored: Iterable[Any], store: Callable[[Any], None]) -> None:
        """Recall the first batches, and store the others.

        Args:
            stored: what `store` got for the first batches of this window.
            store: takes the translations of a batch as plain values.
        """
        self._stored = deque(stored)
        self._store = store

    def translate(
        self, batch: UnitBatch, decode: Callable[[UnitBatch], Translations]
    ) -> Translations:
        """Return the translations of the next batch: stored ones, or those of `decode`."""
        if self._stored:
            return [[_translation(each) for each in unit] for unit in self._stored.popleft()]
        translations = decode(batch)
        self._store([[_plain(each) for each in unit] for unit in translations])
        return translations


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
