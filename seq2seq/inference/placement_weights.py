"""Attention between the parts of a text and of its translation, by which spans are placed."""

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from seq2seq.data.batches import pad
from seq2seq.inference.alignment import word_shares, word_weights
from seq2seq.inference.decode import ScoredTranslation
from seq2seq.inference.forced_attention import attention_weights, has_attention
from seq2seq.inference.line_units import Unit
from seq2seq.inference.span_placement import find_parts, relative_weights
from seq2seq.inference.unit_decoding import UnitDecoder
from seq2seq.text.tokenizer import Tokenizer


class PlacementWeights:
    """Computes the weights of parts for the translations of a decoder."""

    def __init__(self, tokenizer: Tokenizer, decoder: UnitDecoder) -> None:
        """Compute weights of translations of `decoder`.

        Args:
            tokenizer: of the source.
            decoder: of the units.
        """
        self.tokenizer, self.decoder = tokenizer, decoder
        self.has_attention = has_attention(decoder.model)

    def of_units(
        self, units: Sequence[Unit], translations: Sequence[list[ScoredTranslation]], states: Any
    ) -> Iterator[Tensor]:
        """Yield the weights (V, W) of the parts of each translation and of its unit's source.

        Without attention parts of the same relative position have large weights.

        Args:
            units: as they were decoded.
            translations: of each unit.
            states: that the units started from, for document context, or None.
        """
        rows = [row for row, best in enumerate(translations) for _ in best]
        each = [translation for best in translations for translation in best]
        if not self.has_attention:
            for row, translation in zip(rows, each, strict=True):
                yield relative_weights(find_parts(units[row].source), find_parts(translation.text))
            return
        ids = [self.decoder.target.ids(translation.tokens) for translation in each]
        weights = attention_weights(
            self.decoder.model,
            pad([units[row].ids for row in rows]),
            ids,
            states.select(torch.tensor(rows)) if states is not None else None,
        )
        for row, translation, of_one, matrix in zip(rows, each, ids, weights, strict=True):
            unit = units[row]
            cut = matrix[: len(of_one), : len(unit.ids)]
            yield self._of_parts(unit, translation.text, of_one, cut)

    def _of_parts(self, unit: Unit, text: str, ids: Sequence[int], weights: Tensor) -> Tensor:
        """Return the weights of parts from those (T, S) of tokens."""
        source, target = find_parts(unit.source), find_parts(text)
        of_source = word_shares(self.tokenizer, unit.ids, unit.protected, source, unit.source)
        of_target = word_shares(self.decoder.target, ids, unit.protected, target, text)
        return word_weights(weights, of_source, of_target)
