"""Decoding of units, with constraints for what is protected."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import torch
from torch import Tensor

from seq2seq.config.training import LengthLimits
from seq2seq.data.batches import pad
from seq2seq.inference.decode import ScoredTranslation, decode_batch, rerank, to_text
from seq2seq.inference.forced_attention import require_attention
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
from seq2seq.text.repetition import is_repetitive
from seq2seq.text.special_tokens import MAX_SYMBOLS, SYMBOLS
from seq2seq.text.tokenizer import Tokenizer

COPY = ScoredTranslation("", 0.0, 0.0, [], [])
MARKUP = "{}<>|`*_@\\$"  # signs that no language needs

Source = tuple[Tensor, Tensor | None]


class UnitBatch(NamedTuple):
    """Units that are decoded together."""

    units: Sequence[Unit]  # B
    source: Source  # their token ids (B, S), padded, and their lengths (B,), as `pad` returns them
    keys: Sequence[int]  # B numbers that identify them, to seed random choices
    scored: bool  # whether to return log-probabilities
    previous: Any = None  # the states that they start from, for document context

    @classmethod
    def of(
        cls, units: Sequence[Unit], keys: Sequence[int], scored: bool, previous: Any = None
    ) -> "UnitBatch":
        """Return a batch of `units`, padded."""
        return cls(units, pad([unit.ids for unit in units]), keys, scored, previous)

    def select(self, rows: Sequence[int]) -> "UnitBatch":
        """Return the batch of some of the units, padded as this one."""
        if len(rows) == len(self.units):
            return self
        tokens, lengths = self.source
        source = tokens[rows], None if lengths is None else lengths[rows]
        return self._of_rows(rows)._replace(units=[self.units[row] for row in rows], source=source)

    def replace(self, units: Mapping[int, Unit]) -> "UnitBatch":
        """Return the batch of other units in some of the rows, padded anew."""
        made = list(units.values())
        source = pad([unit.ids for unit in made])
        return self._of_rows([*units])._replace(units=made, source=source)

    def _of_rows(self, rows: Sequence[int]) -> "UnitBatch":
        """Return the batch with the keys and states of some rows."""
        keys = [self.keys[row] for row in rows]
        if self.previous is None:
            return self._replace(keys=keys)
        return self._replace(keys=keys, previous=self.previous.select(torch.tensor(rows)))


class UnitDecoder:
    """Decodes batches of units with a network and a search strategy.

    The symbols of a unit are in each of its hypotheses exactly once, and pairs of them are
    well-nested.
    """

    def __init__(
        self,
        model: Any,
        target: Tokenizer,
        search: Search,
        limits: LengthLimits,
    ) -> None:
        """Decode with `model` and `search`; see `Translator`.

        Raises:
            ConfigError: the search needs attention, which the model does not have.
        """
        require_attention(search, model)
        self.model, self.target, self.search, self.limits = model, target, search, limits
        self.first_symbol = target.ids(SYMBOLS[:1])[0] if target.has_symbols else None

    @property
    def has_symbols(self) -> bool:
        """Return whether the vocabulary of the network has symbols."""
        return self.first_symbol is not None

    @cached_property
    def _pieces(self) -> PieceBytes:
        return piece_bytes(self.target)

    @cached_property
    def _word_starts(self) -> Tensor:
        """Return whether each token (V,) begins a word."""
        pairs = zip(self._pieces.pieces, self._pieces.is_byte, strict=True)
        return torch.tensor([piece.startswith(b" ") and not byte for piece, byte in pairs])

    @cached_property
    def _markup(self) -> tuple[Tensor, Tensor]:
        """Return the tokens (n,) with signs of markup, and the signs of each as bits."""
        pieces = (piece.decode(errors="ignore") for piece in self._pieces.pieces)
        signs = {token: bits for token, piece in enumerate(pieces) if (bits := markup_signs(piece))}
        return torch.tensor([*signs], dtype=torch.long), torch.tensor([*signs.values()])

    def decode(self, batch: UnitBatch, blocked_ngram: int = 0) -> list[list[ScoredTranslation]]:
        """Return the translations of each unit of a batch, the best first.

        Args:
            batch: the units.
            blocked_ngram: the length of n-grams of tokens that no hypothesis repeats; 0: none.
        """
        translations = [[COPY._replace(text=unit.copy)] for unit in batch.units]
        rows = [row for row, unit in enumerate(batch.units) if not unit.is_copied]
        constraints: list[LogitProcessor] = []
        if blocked_ngram:
            constraints = [NoRepeatedNgrams(blocked_ngram), NoRepeatedWord(self._word_starts)]
        if rows:
            found = self._search(batch.select(rows), constraints)
            for row, hypotheses in zip(rows, found, strict=True):
                translations[row] = hypotheses
        return translations

    def _search(
        self, batch: UnitBatch, constraints: list[LogitProcessor]
    ) -> list[list[ScoredTranslation]]:
        units = batch.units
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
        hypotheses = decode_batch(
            self.model,
            self.search,
            batch.source if batch.previous is None else (*batch.source, batch.previous),
            max_lengths,
            batch.keys,
            batch.scored,
            constraints,
        )
        translations = [
            [self._restored(hypothesis, unit) for hypothesis in of_unit]
            for unit, of_unit in zip(units, hypotheses, strict=True)
        ]
        return rerank(self.search, translations)

    def _restored(self, hypothesis: Any, unit: Unit) -> ScoredTranslation:
        """Return a hypothesis as text, with the spans of its unit."""
        translation = to_text(hypothesis, self.target)
        if unit.prefix is not None:
            prefix = unit.prefix.masked(unit.protected)
            rest = unit.protected.restore(translation.text[len(prefix) :]).rstrip(" ")
            text = unit.prefix.join(rest)
        else:
            text = unit.protected.restore(translation.text).strip(" ")
        return translation._replace(text=text, is_repetitive=is_repetitive(text, unit.source))

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
        tokens, signs = self._markup
        is_allowed = (signs & ~of_units.unsqueeze(1)) == 0  # (B, n)
        return AllowedTokens(tokens.to(device), is_allowed.to(device))

    def _max_length(self, unit: Unit) -> int:
        """Return the most target tokens of a unit: enough for its symbols and its prefix."""
        limits = self.limits
        # Source and target have the same kind of tokenizer.
        length = int(self.target.length(unit.ids) * limits.max_length_ratio)
        length = (length + limits.max_length_extra) * self.target.unit_tokens
        length = max(length, len(unit.protected.spans) + 1)
        if unit.prefix is None:
            return length
        return length + forced_tokens(unit, self.target, self._pieces).max_length


def markup_signs(text: str) -> int:
    """Return which signs of `MARKUP` are in a text, a bit each."""
    return sum(1 << bit for bit, sign in enumerate(MARKUP) if sign in text)


def by_length(indices: Iterable[int], units: Sequence[Unit], most: int) -> Iterator[list[int]]:
    """Yield the indices of units in batches of similar length, the longest first.

    Where memory does not suffice, the first batch shows it.
    """
    order = sorted(indices, key=lambda index: -len(units[index].ids))
    for start in range(0, len(order), most):
        yield order[start : start + most]
