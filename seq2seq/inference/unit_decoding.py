"""Decoding of units: constraints for what is protected, and another try for repetition."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from seq2seq.config.training import LengthLimits
from seq2seq.inference.decode import ScoredTranslation, decode_batch, rerank, to_text
from seq2seq.inference.line_units import Unit
from seq2seq.inference.prefix_tokens import forced_tokens, piece_bytes
from seq2seq.search.constraints import (
    AllowedTokens,
    NoRepeatedNgrams,
    NoRepeatedWord,
    RequiredTokens,
)
from seq2seq.search.interface import Search
from seq2seq.search.logit_processors import LogitProcessor
from seq2seq.search.prefix import ForcedPrefix, PieceBytes
from seq2seq.text.repetition import is_repetitive, repeated_phrases
from seq2seq.text.special_tokens import MAX_SYMBOLS, SYMBOLS
from seq2seq.text.tokenizer import Tokenizer

COPY = ScoredTranslation("", 0.0, 0.0, [], [])
MARKUP = "{}<>|`*_@\\$"  # signs that no language needs
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
        signs = {token: markup_signs(piece) for token, piece in enumerate(target.text_pieces())}
        self._markup_tokens = torch.tensor([t for t, of in signs.items() if of], dtype=torch.long)
        self._markup_signs = torch.tensor([of for of in signs.values() if of], dtype=torch.long)
        self.blocked_ngrams = BLOCKED_NGRAMS if retry_repetition else ()
        self.first_symbol = target.ids(SYMBOLS[:1])[0] if target.has_symbols else None

    @property
    def has_symbols(self) -> bool:
        """Return whether the vocabulary of the network has symbols."""
        return self.first_symbol is not None

    @cached_property
    def _pieces(self) -> PieceBytes:
        return piece_bytes(self.target)

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
            constraints = [
                *constraints,
                self._required_symbols(units, max_lengths),
                self._allowed_markup(units),
            ]
        if any(unit.prefix for unit in units):
            prefixes = [forced_tokens(unit, self.target, self._pieces) for unit in units]
            constraints = [ForcedPrefix(self._pieces, prefixes, constraints)]
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
        if unit.prefix is not None:
            prefix = unit.prefix.masked(unit.protected)
            rest = unit.protected.restore(translation.text[len(prefix) :]).rstrip(" ")
            return translation._replace(text=unit.prefix.join(rest))
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

    def _allowed_markup(self, units: Sequence[Unit]) -> AllowedTokens:
        """Return the constraint that a hypothesis has no sign of markup that its source has not."""
        device = next(self.model.parameters()).device
        of_units = torch.tensor(
            [-1 if unit.prefix else markup_signs(unit.protected.text) for unit in units]
        )
        is_allowed = (self._markup_signs & ~of_units.unsqueeze(1)) == 0  # (B, n)
        return AllowedTokens(self._markup_tokens.to(device), is_allowed.to(device))

    def _max_length(self, unit: Unit) -> int:
        """Return the most target tokens of a unit: enough for its symbols and its prefix."""
        limits = self.limits
        length = int(len(unit.ids) * limits.max_length_ratio) + limits.max_length_extra
        length = max(length, len(unit.protected.spans) + 1)
        if unit.prefix is None:
            return length
        return length + forced_tokens(unit, self.target, self._pieces).max_length


def markup_signs(text: str) -> int:
    """Return which signs of `MARKUP` are in a text, a bit each."""
    return sum(1 << bit for bit, sign in enumerate(MARKUP) if sign in text)


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
