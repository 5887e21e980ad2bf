"""Tokens of target prefixes."""

import re

from seq2seq.inference.line_units import Unit
from seq2seq.search.prefix import ForcedTokens, PieceBytes
from seq2seq.text.special_tokens import SPECIAL_TOKENS
from seq2seq.text.tokenizer import Tokenizer

_BYTE = re.compile("<0x([0-9A-F]{2})>")
_SPACE = "\u2581"  # of SentencePiece
NO_PREFIX = ForcedTokens([], b"")


def piece_bytes(tokenizer: Tokenizer) -> PieceBytes:
    """Return the bytes of the pieces of a tokenizer."""
    pieces = [tokenizer.piece(token) for token in range(tokenizer.vocab_size)]
    matches = [_BYTE.fullmatch(piece) for piece in pieces]
    texts = [
        bytes([int(match[1], 16)]) if match else piece.replace(_SPACE, " ").encode()
        for piece, match in zip(pieces, matches, strict=True)
    ]
    for token in SPECIAL_TOKENS:
        texts[token] = b""
    return PieceBytes(texts, [match is not None for match in matches])


def forced_tokens(unit: Unit, tokenizer: Tokenizer, pieces: PieceBytes) -> ForcedTokens:
    """Return the tokens of the prefix of a unit: those before its last word, and the bytes of that.

    If a blank follows the last word, its tokens are forced too, and a word must follow.
    """
    if unit.prefix is None:
        return NO_PREFIX
    [ids] = tokenizer.encode([unit.prefix.masked(unit.protected)])
    if unit.prefix.ends_word:
        return ForcedTokens(ids, b" ")
    starts = [i for i, token in enumerate(ids) if pieces.pieces[token].startswith(b" ")]
    start = starts[-1] if starts else 0
    return ForcedTokens(ids[:start], b"".join(pieces.pieces[token] for token in ids[start:]))
