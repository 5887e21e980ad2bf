"""Batches of translations that are stored as they are done, and recalled after an interruption."""

from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

import torch

from seq2seq.inference.alignment import Alignment
from seq2seq.inference.decode import ScoredTranslation
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


def _plain(translation: ScoredTranslation) -> list[Any]:
    alignment = translation.alignment
    if alignment is None:
        return [*translation]
    of_words = [alignment.source, alignment.target, alignment.weights.tolist()]
    return [*translation[:-1], [*of_words, list(alignment.weights.shape)]]


def _translation(plain: list[Any]) -> ScoredTranslation:
    *fields, alignment = plain
    if alignment is not None:
        source, target, weights, shape = alignment
        alignment = Alignment(source, target, torch.tensor(weights).reshape(shape))
    return ScoredTranslation._make([*fields, alignment])
