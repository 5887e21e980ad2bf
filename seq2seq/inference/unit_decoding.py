"""Decoding of units: constraints for what is protected, and another try for repetition."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from seq2seq.config.training import LengthLimits
from seq2seq.inference.decode import ScoredTranslation, decode_batch, rerank, to_text
from seq2seq.inference.units import Unit
from seq2seq.search.constraints import NoRepeatedNgrams, NoRepeatedWord, RequiredTokens
from seq2seq.search.interface import Search
from seq2seq.search.logit_processors import LogitProcessor
from seq2seq.text.repetition import is_repetitive, repeated_phrases
from seq2seq.text.special_tokens import MAX_SYMBOLS, SYMBOLS
from seq2seq.text.tokenizer import Tokenizer

COPY = ScoredTranslation("", 0.0, 0.0, [], [])
BLOCKED_NGRAMS = (3, 2)  # of tokens, tried in this order where a translation repeats itself

Source = tuple[Tensor, Tensor | None]


class UnitDecoder:
    """Decodes batches of units with a network and a search strategy.

    The symbols of a unit are in each of its hypotheses exactly once, and pairs of them are
    well-nested. A unit whose best translation repeats phrases that its source does not repeat, or
    that never ended, is decoded again without repeated n-grams; one that is no better is kept as
    it was, and marked.
    """

    def __init__(
        self,
        model: Any,
        target: Tokenizer,
        search: Search,
        limits: LengthLimits,
        retry_repetition: bool = True,
    ) -> None:
        """Decode with `model` and `search`; see `Translator`.

        Without `retry_repetition` translations that repeat themselves are only marked.
        """
        self.model, self.target, self.search, self.limits = model, target, search, limits
        self._word_starts = torch.tensor(target.word_starts())
        self.blocked_ngrams = BLOCKED_NGRAMS if retry_repetition else ()
        self.first_symbol = target.ids(SYMBOLS[:1])[0] if target.has_symbols else None

    @property
    def has_symbols(self) -> bool:
        """Return whether the vocabulary of the network has symbols."""
        return self.first_symbol is not None

    def decode(
        self,
        units: Sequence[Unit],
        source: Source,
        keys: Sequence[int],
        scored: bool,
        previous: Any = None,
    ) -> list[list[ScoredTranslation]]:
        """Return the translations of each unit, the best first.

        Args:
            units: B units.
            source: their token ids (B, S), padded, and their lengths (B,), as `pad` returns them.
            keys: B numbers that identify them, to seed random choices.
            scored: whether to return log-probabilities.
            previous: the states that they start from, for document context.
        """
        translations = self._search(units, source, keys, scored, previous, [])
        for n in self.blocked_ngrams:
            failed = [i for i, best in enumerate(translations) if _has_failed(best[0], units[i])]
            if not failed:
                break
            again = self._search(
                [units[i] for i in failed],
                _select(source, failed),
                [keys[i] for i in failed],
                scored,
                previous.select(torch.tensor(failed)) if previous is not None else None,
                [NoRepeatedNgrams(n), NoRepeatedWord(self._word_starts)],
            )
            for index, hypotheses in zip(failed, again, strict=True):
                retries = translations[index][0].retries + 1
                before, unit = translations[index], units[index]
                is_better = _failures(hypotheses[0], unit) < _failures(before[0], unit)
                kept = hypotheses if is_better else before
                translations[index] = [best._replace(retries=retries) for best in kept]
        return [
            [COPY._replace(text=unit.source)]
            if unit.is_copied
            else [b._replace(is_repetitive=is_repetitive(b.text, unit.source)) for b in kept]
            for unit, kept in zip(units, translations, strict=True)
        ]

    def _search(
        self,
        units: Sequence[Unit],
        source: Source,
        keys: Sequence[int],
        scored: bool,
        previous: Any,
        constraints: list[LogitProcessor],
    ) -> list[list[ScoredTranslation]]:
        max_lengths = [self._max_length(unit) for unit in units]
        if self.first_symbol is not None:
            constraints = [*constraints, self._required_symbols(units, max_lengths)]
        batch = decode_batch(
            self.model,
            self.search,
            source if previous is None else (*source, previous),
            max_lengths,
            keys,
            scored,
            constraints,
        )
        return [
            rerank(self.search, [self._restored(hypothesis, unit) for hypothesis in hypotheses])
            for unit, hypotheses in zip(units, batch, strict=True)
        ]

    def _restored(self, hypothesis: Any, unit: Unit) -> ScoredTranslation:
        """Return a hypothesis as text, with the spans of its unit."""
        translation = to_text(hypothesis, self.target)
        return translation._replace(text=unit.protected.restore(translation.text).strip(" "))

    def _required_symbols(self, units: Sequence[Unit], max_lengths: list[int]) -> RequiredTokens:
        assert self.first_symbol is not None
        required = torch.zeros(len(units), MAX_SYMBOLS, dtype=torch.bool)
        closes = torch.full((len(units), MAX_SYMBOLS), -1)
        for row, unit in enumerate(units):
            count = len(unit.protected.spans)
            required[row, :count] = True
            closes[row, :count] = torch.tensor(unit.protected.closes, dtype=torch.long)
        device = next(self.model.parameters()).device
        limits = torch.tensor(max_lengths, device=device)
        return RequiredTokens(self.first_symbol, required.to(device), closes.to(device), limits)

    def _max_length(self, unit: Unit) -> int:
        """Return the most target tokens of a unit: enough for its symbols in any case."""
        limits = self.limits
        length = int(len(unit.ids) * limits.max_length_ratio) + limits.max_length_extra
        return max(length, len(unit.protected.spans) + 1)


def _has_failed(best: ScoredTranslation, unit: Unit) -> bool:
    """Return whether a translation was ended by the maximum length or repeats itself."""
    return not best.has_eos or is_repetitive(best.text, unit.source)


def _failures(best: ScoredTranslation, unit: Unit) -> tuple[int, bool]:
    """Return how often a translation repeats itself, and whether the maximum length ended it."""
    repeats = repeated_phrases(best.text).total() if is_repetitive(best.text, unit.source) else 0
    return repeats, not best.has_eos


def _select(source: Source, rows: Sequence[int]) -> Source:
    """Return some rows of a padded batch, with their lengths."""
    tokens, lengths = source
    return tokens[rows], None if lengths is None else lengths[rows]
