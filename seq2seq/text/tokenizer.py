"""Tokenizers: lines to token ids and back, with SentencePiece (Kudo and Richardson 2018)."""

import re
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from random import Random

import sentencepiece as spm

from seq2seq.errors import RunError
from seq2seq.storage.placing import temporary_beside
from seq2seq.text.special_tokens import SPECIAL_TOKENS, SYMBOLS, UNK
from seq2seq.text.subword_sampling import (
    BpeDropoutSampler,
    UnigramSampler,
    Vocabulary,
    WordSampler,
    words,
)

MANY_LINES = 1000  # of a list that all cores encode

_ESCAPES = str.maketrans({"\u2581": "\ue581", "\n": "\ue00a", "\0": None})
_ESCAPED = re.compile("[\u2581\n\0]")
_UNESCAPES = str.maketrans({"\ue581": "\u2581", "\ue00a": "\n"})


class Tokenizer:
    """A vocabulary of pieces. No text is unknown: rare characters are spelled in bytes.

    `decode(encode(x)) == x` if `text.normalization.normalize` returned `x`, except for U+E581
    and U+E00A of the private use area, which stand for characters that SentencePiece uses itself.
    """

    def __init__(self, model: bytes) -> None:
        """Load the bytes of a SentencePiece model."""
        self.model = model
        self.processor = spm.SentencePieceProcessor(model_proto=model)

    @classmethod
    def load(cls, path: Path) -> "Tokenizer":
        """Read a tokenizer that `save` wrote.

        Raises:
            RunError: the file is missing or no SentencePiece model.
        """
        try:
            model = path.read_bytes()
            if not model:  # SentencePiece accepts an empty file as a model without pieces
                raise RuntimeError("it is empty")
            if model == BYTE_TOKENIZER_FILE:
                return ByteTokenizer()
            tokenizer = cls(model)
            tokenizer.letters()  # reads all pieces, which may be no UTF-8
            return tokenizer
        except (OSError, RuntimeError, UnicodeDecodeError) as error:
            raise RunError(f"the tokenizer {path} cannot be read: {error}") from error

    def save(self, path: Path) -> None:
        """Write the model to `path` atomically."""
        with temporary_beside(path) as temporary:
            temporary.write_bytes(self.model)

    @property
    def vocab_size(self) -> int:
        """Return the number of tokens, special tokens included."""
        return int(self.processor.get_piece_size())

    # Tokens of a unit of `length`, at most: limits on lengths count pieces, or characters.
    unit_tokens = 1

    def length(self, ids: Sequence[int]) -> int:
        """Return the length of a text as limits count it: in pieces, or in characters of bytes."""
        return len(ids)

    def encode(self, lines: Sequence[str]) -> list[list[int]]:
        """Return the token ids of each line, without BOS and EOS. All cores work on a long list."""
        escaped = [escape(line) for line in lines]
        ids: list[list[int]]
        if len(lines) > MANY_LINES:
            ids = self.processor.encode(escaped, num_threads=-1)
        else:  # SentencePiece starts a thread for each list, which takes longer than a few lines
            ids = [self.processor.encode(line) for line in escaped]
        return ids

    def sample(self, lines: Sequence[str], alpha: float, seed: int) -> list[list[int]]:
        """Return the token ids of a random segmentation of each line: subword regularisation.

        For unigram models `alpha` smooths the distribution of segmentations (Kudo 2018); for BPE it
        is the share of merges that are skipped (Provilkov et al. 2020). The result is a function
        of the arguments, in every process.
        """
        random = Random(seed)
        return [
            [
                token
                for word in words(self._spelled(line))
                for piece in self._word_sampler.sample(word, alpha, random)
                for token in self._vocabulary.encode(piece)
            ]
            for line in lines
        ]

    @cached_property
    def has_symbols(self) -> bool:
        """Return whether the vocabulary has the symbols of `text.protection`, consecutive ids."""
        ids = self.ids(SYMBOLS)
        return ids[0] != UNK and ids == list(range(ids[0], ids[0] + len(SYMBOLS)))

    def _spelled(self, line: str) -> str:
        """Return `line` as SentencePiece segments it: with U+2581 for spaces."""
        prefix = "\u2581" if line and self._has_dummy_prefix else ""
        return prefix + escape(line).replace(" ", "\u2581")

    @cached_property
    def _has_dummy_prefix(self) -> bool:
        # A tokenizer of running text has no dummy prefix; the pieces of a full stop show it.
        first = self.processor.encode(".", out_type=str)[0]
        return bool(first.startswith("\u2581"))

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        processor = self.processor
        kept = [
            token
            for token in range(processor.get_piece_size())
            if not (
                processor.is_control(token)
                or processor.is_unknown(token)
                or processor.is_byte(token)
                or processor.is_unused(token)
            )
        ]
        ids = {processor.id_to_piece(token): token for token in kept}
        scores = {piece: processor.get_score(token) for piece, token in ids.items()}
        byte_ids = tuple(processor.piece_to_id(f"<0x{byte:02X}>") for byte in range(256))
        return Vocabulary(scores, ids, byte_ids)

    @cached_property
    def _word_sampler(self) -> WordSampler:
        # The scores of BPE are minus the ranks of the merges: whole numbers.
        is_bpe = all(score == int(score) for score in self._vocabulary.scores.values())
        return (BpeDropoutSampler if is_bpe else UnigramSampler)(self._vocabulary)

    def decode(self, sentences: Sequence[Sequence[int]]) -> list[str]:
        """Return the text of each sentence of token ids; special tokens are skipped."""
        plain = [[int(i) for i in ids if i not in SPECIAL_TOKENS] for ids in sentences]
        # One sentence at a time: for any list, SentencePiece starts threads.
        return [unescape(self.processor.decode(ids)) for ids in plain]

    def piece(self, token: int) -> str:
        """Return the piece of a token; U+2581 in it is a space."""
        return str(self.processor.id_to_piece(token))

    def letters(self) -> frozenset[str]:
        """Return the letters that no bytes are needed for."""
        pieces = self.processor.id_to_piece(list(range(self.vocab_size)))
        return frozenset(filter(str.isalpha, "".join(p for p in pieces if p[0] != "<")))

    def ids(self, pieces: Sequence[str]) -> list[int]:
        """Return the token ids of `pieces`, the inverse of `piece`."""
        return [int(self.processor.piece_to_id(piece)) for piece in pieces]


BYTE_TOKENIZER_FILE = b"bytes"  # stored in place of a SentencePiece model


class ByteTokenizer(Tokenizer):
    """Tokenizer of UTF-8 bytes, each a token after the special tokens: nothing is trained."""

    has_symbols = False  # a byte is no symbol
    unit_tokens = 4  # bytes of a character in UTF-8, at most

    def __init__(self) -> None:
        self.model = BYTE_TOKENIZER_FILE

    @property
    def vocab_size(self) -> int:
        return len(SPECIAL_TOKENS) + 256

    def length(self, ids: Sequence[int]) -> int:
        first = len(SPECIAL_TOKENS)
        return sum(1 for i in ids if not 0x80 <= i - first < 0xC0)  # bytes that begin a character

    def encode(self, lines: Sequence[str]) -> list[list[int]]:
        return [[byte + len(SPECIAL_TOKENS) for byte in line.encode()] for line in lines]

    def decode(self, sentences: Sequence[Sequence[int]]) -> list[str]:
        """Return the text of each sentence of bytes; invalid UTF-8 becomes U+FFFD."""
        plain = (
            bytes(i - len(SPECIAL_TOKENS) for i in ids if i not in SPECIAL_TOKENS)
            for ids in sentences
        )
        return [text.decode(errors="replace") for text in plain]

    def piece(self, token: int) -> str:
        names = ("<pad>", "<s>", "</s>", "<unk>")
        return names[token] if token in SPECIAL_TOKENS else f"<0x{token - len(SPECIAL_TOKENS):02X}>"

    def letters(self) -> frozenset[str]:
        return frozenset()

    def ids(self, pieces: Sequence[str]) -> list[int]:
        return [int(piece[1:-1], 16) + len(SPECIAL_TOKENS) for piece in pieces]


def escape(line: str) -> str:
    r"""Return `line` without characters that SentencePiece treats in its own way.

    U+2581 is SentencePiece's space, and \0 ends a text. SentencePiece would treat a line break,
    which only the text of a language model has, as a space.
    """
    return line.translate(_ESCAPES) if _ESCAPED.search(line) else line


def unescape(line: str) -> str:
    """Invert `escape`, except for the characters that it removed."""
    return line.translate(_UNESCAPES)
