"""A vocabulary with more pieces: the old ones keep their ids, and the new ones follow them."""

import struct
from typing import NamedTuple

from seq2seq.errors import ConfigError
from seq2seq.text.special_tokens import SYMBOLS
from seq2seq.text.tokenizer import ByteTokenizer, Tokenizer

MAX_NAMED_PIECES = 10  # new pieces that a notice names
# A character that is no piece, so that no piece reaches over it.
_BARRIER = "\uf8ff"
# Numbers and wire types of the fields of a SentencePiece model, sentencepiece_model.proto:
# ModelProto.pieces = 1; SentencePiece.piece = 1 and score = 2. A repeated field may go on anywhere.
_PIECES, _PIECE, _SCORE = b"\x0a", b"\x0a", b"\x15"


class ExtendedVocabulary(NamedTuple):
    """A tokenizer with new pieces, and these."""

    tokenizer: Tokenizer
    added: list[str]

    def notice(self) -> str:
        """Return how many pieces are new, and the first of them."""
        if not self.added:
            return "the vocabulary has all pieces of the new text: none is added"
        named = ", ".join(piece.replace("\u2581", "_") for piece in self.added[:MAX_NAMED_PIECES])
        more = ", …" if len(self.added) > MAX_NAMED_PIECES else ""
        return f"pieces of the new text that are added: {len(self.added):,} ({named}{more})"


def extend_vocabulary(old: Tokenizer, new: Tokenizer) -> ExtendedVocabulary:
    """Return `old` with the pieces of `new` that it lacks.

    A piece of a unigram model keeps the score that it has in `new`, the logarithm of a probability.
    The merges of a BPE model come after the old ones, in their order.

    Raises:
        ConfigError: the vocabulary is that of bytes, which has all.
    """
    if isinstance(old, ByteTokenizer) or isinstance(new, ByteTokenizer):
        raise ConfigError("init.vocabulary must be keep with tokenizer.kind=byte, which has all")
    known = {old.piece(token) for token in range(old.vocab_size)} | set(SYMBOLS)
    scores = {
        new.piece(token): float(new.processor.get_score(token))
        for token in range(new.vocab_size)
        if not (new.processor.is_control(token) or new.processor.is_byte(token))
    }
    added = [piece for piece in scores if piece not in known]
    ranks = [old.processor.get_score(token) for token in range(old.vocab_size)]
    is_bpe = all(score == int(score) for score in ranks)
    last = min(ranks)
    entries = (
        _entry(piece, last - 1 - rank if is_bpe else scores[piece])
        for rank, piece in enumerate(added)
    )
    return ExtendedVocabulary(Tokenizer(old.model + b"".join(entries)), added)


def old_tokens(old: Tokenizer, piece: str) -> list[int]:
    """Return the tokens of `old` that a new piece is made of, one or more."""
    start = old.encode([_BARRIER])[0]
    tokens = old.encode([_BARRIER + piece.replace("\u2581", " ")])[0]
    return tokens[len(start) :]


def _entry(piece: str, score: float) -> bytes:
    """Return a piece as a field of a SentencePiece model."""
    text = piece.encode()
    message = _PIECE + _varint(len(text)) + text + _SCORE + struct.pack("<f", score)
    return _PIECES + _varint(len(message)) + message


def _varint(number: int) -> bytes:
    """Return a number as protocol buffers write it: seven bits a byte, the lowest first."""
    parts = bytearray()
    while number >= 128:
        parts.append(number % 128 + 128)
        number //= 128
    return bytes([*parts, number])
