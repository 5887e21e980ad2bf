"""Training of tokenizers: a vocabulary from text, of a size that fits the text."""

import io
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from random import Random
from typing import NamedTuple

import sentencepiece as spm

from seq2seq.errors import TextError
from seq2seq.text.special_tokens import BOS, EOS, PAD, SPECIAL_TOKENS, UNK
from seq2seq.text.tokenizer import ByteTokenizer, Tokenizer, escape

TRAINING_LINES = 1_000_000  # lines that a tokenizer is trained on; a larger text is sampled
LARGE_ALPHABET = 300  # characters: more are those of Chinese, or of several scripts
BYTE_PIECES = 256  # pieces that spell what has no piece of its own
MAX_TRIALS = 3  # sizes: that asked for, enough for the characters, no more than the words allow
MAX_SENTENCE_BYTES = 16_000  # longer lines are left out when a tokenizer is trained


class PieceOptions(NamedTuple):
    """Options of the pieces of a tokenizer."""

    coverage: float | None = None  # share of the text whose characters are pieces; None: by default
    split_digits: bool = False  # each digit is a token by itself


ANY_PIECES = PieceOptions()


class TrainedTokenizer(NamedTuple):
    """A new tokenizer, and notices about it for the user."""

    tokenizer: Tokenizer
    notices: list[str]


def train_tokenizer(
    lines: Iterable[str],
    kind: str,
    size: int | None,
    count: int,
    pairs: int,
    sentences: bool = True,
    symbols: Sequence[str] = (),
    pieces: PieceOptions = ANY_PIECES,
) -> TrainedTokenizer:
    """Train a tokenizer on transformed text.

    Args:
        lines: the text; only a sample is held in memory.
        kind: unigram, bpe, char, or byte, which has nothing to train.
        size: size of the vocabulary; None: `default_vocab_size(pairs)`.
        count: number of lines.
        pairs: number of sentences of one language, or the equivalent amount of text.
        sentences: whether each line is a sentence, whose first word gets a space before it, like
            words within a line; False for running text, which is cut anywhere.
        symbols: texts that are always tokens of their own.
        pieces: which pieces there may be.

    Raises:
        TextError: there is no text to train on.
    """
    if kind == "byte":
        return TrainedTokenizer(ByteTokenizer(), [])
    kept = [escape(line) for line in subsample(lines, count) if line]
    if not kept:
        raise TextError("there is no text to train a tokenizer on")
    characters = len({c for line in kept for c in line})
    coverage = pieces.coverage or default_coverage(characters)
    requested = size or default_vocab_size(pairs)
    if kind == "char":  # each character is a token, however many there are
        special = len(SPECIAL_TOKENS) + len(symbols)
        requested = max(requested, BYTE_PIECES + special + characters + 1)

    def train(vocab_size: int) -> bytes:
        return _train_sentencepiece(
            kept, kind, vocab_size, coverage, sentences, symbols, pieces.split_digits
        )

    tokenizer = Tokenizer(_train_fitting(train, requested))
    return TrainedTokenizer(tokenizer, _size_notices(kind, size, requested, tokenizer.vocab_size))


def _size_notices(kind: str, given: int | None, requested: int, actual: int) -> list[str]:
    """Return a notice about a vocabulary of another size than was `requested`, if it is one."""
    if kind == "char" or actual == requested:
        return []
    other = f"the {requested:,} of tokenizer.vocab_size" if given else f"the usual {requested:,}"
    if actual < requested:
        reason = f"fewer than {other}: the text has too few different words"
    else:
        reason = f"more than {other}: each character of the text needs one"
    return [f"the vocabulary has {actual:,} pieces (words and parts of words), {reason}"]


def _train_fitting(train: Callable[[int], bytes], requested: int) -> bytes:
    """Return a model of the requested size, or of one that fits the text.

    Raises:
        TextError: no size fits it.
    """
    fitting = requested
    for _ in range(MAX_TRIALS):
        try:
            return train(fitting)
        except RuntimeError as error:
            fitting = _fitting_vocab_size(str(error), fitting)
    raise TextError(f"SentencePiece cannot be trained with tokenizer.vocab_size={requested}")


def default_vocab_size(pairs: int) -> int:
    """Return a vocabulary size for `pairs` sentences: 23 times their root, 1,000 to 32,000.

    4,000 for 30,000 pairs, 12,600 for 300,000, 32,000 from two million on; whole hundreds.
    """
    return min(32_000, max(1_000, round(23 * math.sqrt(pairs) / 100) * 100))


def default_coverage(characters: int) -> float:
    """Return the share of a text of so many different characters that is not spelled in bytes.

    The rarest characters of a large alphabet are, or few pieces would be words.
    """
    return 1.0 if characters < LARGE_ALPHABET else 0.9995


def required_characters(counts: Mapping[str, int], coverage: float | None) -> int:
    """Return how many characters a vocabulary needs a piece for.

    Args:
        counts: occurrences of each character of the text.
        coverage: share of the text that they make up; None: `default_coverage`.
    """
    needed = (coverage or default_coverage(len(counts))) * sum(counts.values())
    totals = accumulate(sorted(counts.values(), reverse=True))
    return min(len(counts), 1 + sum(1 for total in totals if total < needed))


def _train_sentencepiece(
    lines: list[str],
    kind: str,
    size: int,
    coverage: float,
    sentences: bool,
    symbols: Sequence[str],
    split_digits: bool,
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
        num_threads=1,  # the vocabulary must not depend on the machine
        minloglevel=2,
        user_defined_symbols=list(symbols),
        split_digits=split_digits,
    )
    return model.getvalue()


def _fitting_vocab_size(message: str, requested: int) -> int:
    """Return a vocabulary size that fits the text, from the `message` of SentencePiece 0.2.

    A text of few words has not enough pieces. A text of many characters needs a piece for each, and
    half the requested size more, so that some pieces are longer than a character.

    Raises:
        TextError: something else is wrong.
    """
    if largest := re.search(r"value <= (\d+)", message):
        return int(largest[1])
    required = re.search(r"smaller than required_chars\D*\d+ vs (\d+)", message)
    if not required:
        raise TextError(f"SentencePiece cannot be trained: {message}")
    return int(required[1]) + requested // 2


def subsample(lines: Iterable[str], count: int) -> Iterator[str]:
    """Return about `TRAINING_LINES` of `count` lines, the same lines in each call.

    The lines are drawn at random. Every n-th line would not do: where source and target alternate,
    it could always be a source.
    """
    random = Random(0)
    return (line for line in lines if count * random.random() < TRAINING_LINES)
