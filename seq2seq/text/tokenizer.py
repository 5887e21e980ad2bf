"""Lines to pieces and back: SentencePiece (Kudo and Richardson 2018), trained by us."""

import io
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

import sentencepiece as spm

from seq2seq.errors import RunError, TextError
from seq2seq.storage.placing import temporary_beside
from seq2seq.text.special_tokens import BOS, EOS, PAD, SPECIAL_TOKENS, UNK

TRAINING_LINES = 1_000_000  # lines that training looks at, of a larger text about as many


MAX_SENTENCE_BYTES = 16_000  # bytes of a line that training looks at


class Tokenizer:
    """One vocabulary. Nothing is unknown to it: rare characters are spelled in bytes.

    Text comes back as it was: `decode(encode(x)) == x` for `x` as `clean.normalise` leaves it, but
    for U+E581 and U+E00A of the private use area, which stand for what SentencePiece uses itself.
    """

    def __init__(self, model: bytes) -> None:
        """Load the bytes of a SentencePiece model."""
        self.model = model
        self.processor = spm.SentencePieceProcessor(model_proto=model)

    @classmethod
    def load(cls, path: Path) -> "Tokenizer":
        """Read what `save` wrote.

        Raises:
            RunError: the file is missing or no SentencePiece model.
        """
        try:
            model = path.read_bytes()
            if not model:  # SentencePiece takes it for a model of no pieces
                raise RuntimeError("it is empty")
            return ByteTokenizer() if model == BYTE_TOKENIZER_FILE else cls(model)
        except (OSError, RuntimeError) as error:
            raise RunError(f"the tokenizer {path} cannot be read: {error}") from error

    def save(self, path: Path) -> None:
        """Write the model to `path` atomically."""
        with temporary_beside(path) as temporary:
            temporary.write_bytes(self.model)

    @property
    def vocab_size(self) -> int:
        """How many pieces there are, the special ones included."""
        return int(self.processor.get_piece_size())

    def encode(self, lines: Sequence[str]) -> list[list[int]]:
        """The pieces of each line, without START and END. All cores work on a long list."""
        threads = -1 if len(lines) > 1000 else 1
        ids: list[list[int]] = self.processor.encode(
            [_escape(x) for x in lines], num_threads=threads
        )
        return ids

    def sample(self, lines: Sequence[str], alpha: float, seed: int) -> list[list[int]]:
        """Subword regularisation (Kudo 2018): one of many ways to cut each line.

        For unigram models `alpha` smooths the distribution that is drawn from; for BPE it is the
        share of merges that are left out (Provilkov et al. 2020). Equal arguments give equal cuts.
        """
        spm.set_random_generator_seed(seed % 2**32)
        ids: list[list[int]] = self.processor.encode(
            [_escape(x) for x in lines],
            enable_sampling=True,
            alpha=alpha,
            nbest_size=-1,
            num_threads=1,
        )
        return ids

    def decode(self, sentences: Sequence[Sequence[int]]) -> list[str]:
        """Text from pieces; the special ones are passed over."""
        plain = [[int(i) for i in ids if i not in SPECIAL_TOKENS] for ids in sentences]
        # One at a time: for a list, however short, SentencePiece begins threads.
        return [_unescape(self.processor.decode(ids)) for ids in plain]

    def piece(self, token: int) -> str:
        """What a token stands for; U+2581 is a space."""
        return str(self.processor.id_to_piece(token))

    def ids(self, pieces: Sequence[str]) -> list[int]:
        """The tokens of `pieces`, as `piece` names them."""
        return [int(self.processor.piece_to_id(piece)) for piece in pieces]


BYTE_TOKENIZER_FILE = b"bytes"  # what is stored in place of a SentencePiece model


class ByteTokenizer(Tokenizer):
    """The bytes of UTF-8, each a token after the special ones: nothing is learned."""

    def __init__(self) -> None:
        self.model = BYTE_TOKENIZER_FILE

    @property
    def vocab_size(self) -> int:
        return len(SPECIAL_TOKENS) + 256

    def encode(self, lines: Sequence[str]) -> list[list[int]]:
        return [[byte + len(SPECIAL_TOKENS) for byte in line.encode()] for line in lines]

    def decode(self, sentences: Sequence[Sequence[int]]) -> list[str]:
        """Text from bytes; what is no UTF-8 becomes U+FFFD."""
        plain = (
            bytes(i - len(SPECIAL_TOKENS) for i in ids if i not in SPECIAL_TOKENS)
            for ids in sentences
        )
        return [text.decode(errors="replace") for text in plain]

    def piece(self, token: int) -> str:
        names = ("<pad>", "<s>", "</s>", "<unk>")
        return names[token] if token in SPECIAL_TOKENS else f"<0x{token - len(SPECIAL_TOKENS):02X}>"

    def ids(self, pieces: Sequence[str]) -> list[int]:
        return [int(piece[1:-1], 16) + len(SPECIAL_TOKENS) for piece in pieces]


class TrainedTokenizer(NamedTuple):
    """A new tokenizer, and what there is to say about it."""

    tokenizer: Tokenizer
    notices: list[str]


def train_tokenizer(
    lines: Iterable[str],
    kind: str,
    size: int | None,
    count: int,
    pairs: int,
    sentences: bool = True,
) -> TrainedTokenizer:
    """Learn a vocabulary from text as `clean.normalise` leaves it.

    Args:
        lines: the text; only a sample is held in memory.
        kind: unigram, bpe, char, or byte, which has nothing to learn.
        size: pieces; None: as `natural_size` of `pairs` says.
        count: how many lines there are.
        pairs: how many sentences of one language that is.
        sentences: whether each line begins anew, so that its first word gets the space that words
            have within a line; False for running text, which is cut anywhere.

    Raises:
        TextError: there is no text to learn from.
    """
    if kind == "byte":
        return TrainedTokenizer(ByteTokenizer(), [])
    wanted, notices = size or default_vocab_size(pairs), []
    kept = [_escape(line) for line in subsample(lines, count) if line]
    if not kept:
        raise TextError("there is no text to train a tokenizer on")
    # Of a large alphabet the rarest characters are left to the bytes, or few pieces would be words.
    coverage = 1.0 if len({c for line in kept for c in line}) < 300 else 0.9995
    try:
        model = _train_sentencepiece(kept, kind, wanted, coverage, sentences)
    except RuntimeError as error:
        fitting = _fitting_vocab_size(str(error), wanted, is_given=size is not None)
        try:
            model = _train_sentencepiece(kept, kind, fitting, coverage, sentences)
        except RuntimeError as second:  # enough for the characters, too many for the words
            fitting = _fitting_vocab_size(str(second), wanted, is_given=True)
            model = _train_sentencepiece(kept, kind, fitting, coverage, sentences)
    tokenizer = Tokenizer(model)
    if kind != "char" and tokenizer.vocab_size != wanted:
        notices.append(
            f"the text allows for {tokenizer.vocab_size:,} pieces, not the {wanted:,} "
            + ("asked for" if size else "usual for as many lines")
        )
    return TrainedTokenizer(tokenizer, notices)


def default_vocab_size(pairs: int) -> int:
    """A vocabulary for `pairs` sentences: 23 times their square root, from 1,000 to 32,000.

    4,000 for 30,000 pairs, 12,600 for 300,000, 32,000 from two million on; whole hundreds.
    """
    return min(32_000, max(1_000, round(23 * math.sqrt(pairs) / 100) * 100))


def _train_sentencepiece(
    lines: list[str], kind: str, size: int, coverage: float, sentences: bool
) -> bytes:
    model = io.BytesIO()
    spm.SentencePieceTrainer.train(
        sentence_iterator=iter(lines),
        model_writer=model,
        vocab_size=size,
        model_type=kind,
        character_coverage=coverage,
        byte_fallback=True,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        add_dummy_prefix=sentences,
        hard_vocab_limit=kind != "char",
        max_sentence_length=MAX_SENTENCE_BYTES,
        pad_id=PAD,
        bos_id=BOS,
        eos_id=EOS,
        unk_id=UNK,
        num_threads=1,  # the pieces must not depend on the machine
        minloglevel=2,
    )
    return model.getvalue()


def _fitting_vocab_size(message: str, wanted: int, is_given: bool) -> int:
    """Return a vocabulary size that fits the text, from the `message` of SentencePiece 0.2.

    A text of few words has not enough pieces. One of many characters needs more: each of them, and
    half as many again of what was wanted, so that some pieces are longer than a character.

    Raises:
        TextError: the size was given by the user and is too small, or something else is wrong.
    """
    if largest := re.search(r"value <= (\d+)", message):
        return int(largest[1])
    required = re.search(r"smaller than required_chars\D*\d+ vs (\d+)", message)
    if not required:
        raise TextError(f"SentencePiece cannot be trained: {message}")
    if is_given:
        raise TextError(
            f"tokenizer.vocab_size={wanted} is too small: the text has characters for at least "
            f"{required[1]}"
        )
    return int(required[1]) + wanted // 2


def subsample(lines: Iterable[str], count: int) -> Iterator[str]:
    """About `SAMPLE` of `count` lines, the same each time.

    Chance decides: of lines that are source and target by turns, every n-th may be source alone.
    """
    random = Random(0)
    return (line for line in lines if count * random.random() < TRAINING_LINES)


def _escape(line: str) -> str:
    r"""What SentencePiece understands in its own way: U+2581 is its space, and \0 ends a text.

    Its line break is one too, which only language models have within a text.
    """
    return line.translate(_ESCAPES) if _ESCAPED.search(line) else line


def _unescape(line: str) -> str:
    return line.translate(_UNESCAPES)


_ESCAPES = str.maketrans({"\u2581": "\ue581", "\n": "\ue00a", "\0": None})


_ESCAPED = re.compile("[\u2581\n\0]")


_UNESCAPES = str.maketrans({"\ue581": "\u2581", "\ue00a": "\n"})
