"""Target prefixes as a logit processor, and the search that reads them."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from seq2seq.search.beam import Beam
from seq2seq.search.logit_processors import LogitProcessor, process_logits

MAX_REMEMBERED = 4096  # texts whose tokens are kept, with V bytes for each


class ForcedTokens(NamedTuple):
    """Tokens that a hypothesis begins with, and bytes that follow them in whatever tokens.

    The last word of a prefix may go on: its bytes are not forced as tokens, since the word that it
    becomes may have others.
    """

    tokens: list[int]
    rest: bytes

    @property
    def max_length(self) -> int:
        """Return the most tokens that the prefix can have."""
        return len(self.tokens) + len(self.rest)


class PieceBytes:
    """Bytes of the tokens of a vocabulary: which of them may begin or continue a text."""

    def __init__(self, pieces: Sequence[bytes], is_byte: Sequence[bool]) -> None:
        """Take the pieces.

        Args:
            pieces: of each token, a space where it begins a word; empty for special tokens.
            is_byte: whether a token is a byte of a character that has no piece.
        """
        self.pieces, self.is_byte = pieces, is_byte
        self._allowed: dict[bytes, Tensor] = {}

    def allowed(self, text: bytes) -> Tensor:
        """Return the tokens (V,) bool whose piece begins `text`, or begins with it.

        A byte is allowed only where no longer piece is.
        """
        if text not in self._allowed:
            if len(self._allowed) == MAX_REMEMBERED:  # long files have many prefixes
                self._allowed.clear()
            fits = [
                bool(piece) and (text.startswith(piece) or piece.startswith(text))
                for piece in self.pieces
            ]
            plain = [fit and not byte for fit, byte in zip(fits, self.is_byte, strict=True)]
            self._allowed[text] = torch.tensor(plain if any(plain) else fits)
        return self._allowed[text]

    def rest_after(self, text: bytes, tokens: Sequence[int]) -> bytes | None:
        """Return the part of `text` that `tokens` do not cover; None if they are other text."""
        covered = b"".join(self.pieces[token] for token in tokens)
        if covered.startswith(text):
            return b""
        return text[len(covered) :] if text.startswith(covered) else None


class ForcedPrefix:
    """Logit processor: each hypothesis begins with the prefix of its sentence.

    The tokens of the prefix up to its last word are forced. From there on any token is possible
    whose piece agrees with the prefix: it may reach beyond its end. Other constraints apply behind
    the prefix, and tokens of the prefix have a log-probability that is relative to those that
    agree: 0 where only one does.
    """

    def __init__(
        self,
        pieces: PieceBytes,
        prefixes: Sequence[ForcedTokens],
        constraints: Sequence[LogitProcessor],
    ) -> None:
        """Constrain a batch.

        Args:
            pieces: of the target's vocabulary.
            prefixes: of B sentences; an empty one constrains nothing.
            constraints: that apply behind the prefix.
        """
        self.pieces, self.prefixes, self.constraints = pieces, prefixes, constraints
        self.steps = max(prefix.max_length for prefix in prefixes)

    def __call__(self, logits: Tensor, generated: Tensor, sentences: Tensor) -> Tensor:
        """Return `logits` with -inf for the tokens that the prefix or a constraint excludes."""
        if generated.shape[-1] >= self.steps:
            return process_logits(self.constraints, logits, generated, sentences)
        masks = [
            [self._allowed(self.prefixes[sentence], row, logits.shape[-1]) for row in rows]
            for sentence, rows in zip(sentences.tolist(), generated.tolist(), strict=True)
        ]
        is_forced = torch.tensor([[mask is not None for mask in row] for row in masks])  # (b, K)
        free = torch.ones(logits.shape[-1], dtype=torch.bool)
        allowed = torch.stack(
            [torch.stack([free if mask is None else mask for mask in row]) for row in masks]
        ).to(logits.device)  # (b, K, V)
        forced = logits.masked_fill(~allowed, -torch.inf)
        others = process_logits(self.constraints, logits, generated, sentences)
        return torch.where(is_forced.to(logits.device).unsqueeze(-1), forced, others)

    def _allowed(self, prefix: ForcedTokens, generated: list[int], size: int) -> Tensor | None:
        """Return the tokens (V,) bool that continue a prefix; None where it is complete.

        A hypothesis of probability 0, which a search may carry on, is not constrained.
        """
        count = len(prefix.tokens)
        if generated[:count] != prefix.tokens[: len(generated)]:
            return None
        if len(generated) < count:
            allowed = torch.zeros(size, dtype=torch.bool)
            allowed[prefix.tokens[len(generated)]] = True
            return allowed
        rest = self.pieces.rest_after(prefix.rest, generated[count:])
        return self.pieces.allowed(rest) if rest else None


class PrefixSearch(Beam):
    """Beam search of lines SOURCE<TAB>PREFIX, whose translations begin with their prefix.

    `seq2seq.translate` reads the prefixes; those of Python are an argument of `translate`, with any
    search.
    """

    def __init__(self, beam_size: int, length_penalty: float, n_best: int) -> None:
        """Search as `Beam` with the same arguments."""
        super().__init__(beam_size, length_penalty, n_best)
