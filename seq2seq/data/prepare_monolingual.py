"""Preparation of running text: one memory-mapped sequence of tokens a split, cached.

A line break is a token too. Memory does not grow with the text: it is read three times, to measure
it, to train the tokenizer, and to tokenise it.
"""

import json
import logging
import math
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seq2seq.config.training import TokenizerOptions as TokenizerOptions
from seq2seq.data.cache import cache_fingerprint, load_or_build
from seq2seq.data.corpus import SPLITS, TextCorpus
from seq2seq.errors import TextError
from seq2seq.text.given_pieces import GivenPieces, given_or_trained
from seq2seq.text.tokenizer import Tokenizer
from seq2seq.text.tokenizer_training import MAX_SENTENCE_BYTES, PieceOptions, train_tokenizer

MONOLINGUAL_FORMAT = 2  # of the prepared files; with another number all data is prepared again
CHUNK_LENGTH = 500_000  # characters that are encoded, or tokens that are decoded, at a time
# Longer lines are encoded in parts; a character has four bytes at most.
MAX_PART_CHARACTERS = MAX_SENTENCE_BYTES // 4
MAX_HELD_OUT = 1_000_000  # characters of a held-out split: every validation reads all of them
MIN_HELD_OUT = 5  # tokens of a split: there must be something to predict, and an n-gram to count
CONTINUATION_BYTE = re.compile("<0x[89AB].>")  # not the first byte

TokenArray = NDArray[np.int32]

log = logging.getLogger("seq2seq.data")


class PreparedText(NamedTuple):
    """Tokenised splits of running text, their tokenizer, and where the text came from."""

    tokens: Mapping[str, TokenArray]  # by split; memory-mapped
    characters: Mapping[str, int]  # by split, line breaks included
    tokenizer: Tokenizer
    notices: list[str]
    licence: str
    origin: dict[str, str]
    fingerprint: str

    def text(self, split: str) -> Iterator[str]:
        """Yield a split as text, a chunk at a time; no chunk ends within a character."""
        tokens, start = self.tokens[split], 0
        while start < len(tokens):
            end = start + CHUNK_LENGTH
            while end < len(tokens) and CONTINUATION_BYTE.match(
                self.tokenizer.piece(int(tokens[end]))
            ):
                end += 1
            yield self.tokenizer.decode([tokens[start:end].tolist()])[0]
            start = end

    def table(self) -> str:
        """Return the number of characters and tokens of each split as a text table."""
        rows = [f"{'':<12}{'characters':>14}{'tokens':>14}"]
        for name in SPLITS:
            count, tokens = self.characters[name], len(self.tokens[name])
            rows.append(f"{name:<12}{count:>14,}{tokens:>14,}")
        return "\n".join(rows)


def prepare_monolingual(
    text: TextCorpus,
    options: TokenizerOptions,
    share: float,
    cache: Path,
    given: GivenPieces | None = None,
) -> PreparedText:
    """Split and tokenise `text`, or load the result from `cache`.

    Args:
        text: the text, as a reader returns it.
        options: tokenizer options; `joint` and `sampling` have no meaning here.
        share: share of the training text that is held out for validation, and as much for test,
            if the text has none: its end, in whole lines if these are not too long, and at most
            `MAX_HELD_OUT` characters.
        cache: folder of prepared corpora.
        given: the tokenizer to use; None: a new one is trained.

    Raises:
        TextError: there is too little text, it cannot be read, or the disk is full.
    """
    facts = [
        MONOLINGUAL_FORMAT,
        text.origin,
        sorted(text.splits),
        share,
        options.kind,
        options.vocab_size,
        *(["split_digits"] if options.split_digits else []),
    ]
    key = cache_fingerprint(facts)
    name = cache_fingerprint([key, given.facts()]) if given else key
    folder = cache / "streams" / name

    def load() -> PreparedText:
        facts = json.loads((folder / "stream.json").read_text(encoding="utf-8"))
        tokens = {name: np.memmap(folder / f"{name}.ids", np.int32, "r") for name in SPLITS}
        tokenizer = Tokenizer.load(folder / "tokenizer.model")
        return PreparedText(
            tokens, facts["characters"], tokenizer, facts["notices"], text.licence, text.origin, key
        )

    return load_or_build(
        folder,
        "stream.json",
        lambda temporary: _build(text, options, share, temporary, given),
        load,
    )


def _build(
    text: TextCorpus,
    options: TokenizerOptions,
    share: float,
    folder: Path,
    given: GivenPieces | None,
) -> None:
    """Write the files of prepared text into `folder`, an empty one."""
    splits = split_text(text, share)
    count = characters = 0
    for part in splits["train"]:
        count, characters = count + 1, characters + len(part)
    # A hundred characters count as one sentence, as they would in a parallel corpus.
    sentences = max(1, characters // 100)
    if given is None:
        log.info("training the tokenizer on %s characters", f"{characters:,}")
    trained = given_or_trained(
        given,
        lambda: train_tokenizer(
            splits["train"],
            options.kind,
            options.vocab_size,
            count,
            sentences,
            sentences=False,
            pieces=PieceOptions(split_digits=options.split_digits),
        ),
    )
    trained.tokenizer.save(folder / "tokenizer.model")
    lengths = {}
    for name, parts in splits.items():
        lengths[name], tokens = _write_tokens(parts, trained.tokenizer, folder / f"{name}.ids")
        if tokens < MIN_HELD_OUT:
            raise TextError(f"the {name} text is too short: {tokens} of {MIN_HELD_OUT} tokens")
    facts: dict[str, Any] = {"characters": lengths, "notices": trained.notices}
    (folder / "stream.json").write_text(json.dumps(facts), encoding="utf-8")


def split_text(text: TextCorpus, share: float) -> dict[str, Iterable[str]]:
    """Return the parts of each split; missing splits are held out from the end of the text."""
    splits: dict[str, Iterable[str]] = {
        name: _TextRange(lines, 0, sys.maxsize, 0) for name, lines in text.splits.items()
    }
    if missing := [name for name in SPLITS if name not in splits]:
        total = sum(len(line) + 1 for line in text.splits["train"])
        size = min(total * share, MAX_HELD_OUT)
        ends = [math.ceil(total - size * after) for after in range(len(missing), -1, -1)]
        for name, (start, end) in zip(["train", *missing], pairwise([0, *ends]), strict=True):
            splits[name] = _TextRange(text.splits["train"], start, end, int(size))
    return {name: splits[name] for name in SPLITS}


class _TextRange:
    """The lines between two character offsets of a text, in parts of bounded length.

    A line belongs to the range that it begins in. Only a line that is as long as a range itself is
    cut where the range ends, or a range might have no line.
    """

    def __init__(self, lines: Iterable[str], start: int, end: int, size: int) -> None:
        """Take `lines` from `start` to `end`; lines shorter than `size` are never cut."""
        self.lines, self.start, self.end, self.size = lines, start, end, size

    def __iter__(self) -> Iterator[str]:
        offset = 0
        for line in self.lines:
            if offset >= self.end:
                return
            first, last = (self._cut(len(line), bound - offset) for bound in (self.start, self.end))
            inside = f"{line}\n"[first:last]
            for begin in range(0, len(inside), MAX_PART_CHARACTERS):
                yield inside[begin : begin + MAX_PART_CHARACTERS]
            offset += len(line) + 1

    def _cut(self, length: int, at: int) -> int:
        """Return the index at which a line is cut by a bound `at` characters after its beginning.

        The line break stays with its line.
        """
        if at <= 0:
            return 0
        return at if at < length and length >= self.size else length + 1


def _write_tokens(parts: Iterable[str], tokenizer: Tokenizer, path: Path) -> tuple[int, int]:
    """Write the tokens of a text, and return its number of characters and of tokens."""
    characters = tokens = 0
    with path.open("wb") as file:
        for chunk in _chunks(parts):
            ids = np.fromiter((i for row in tokenizer.encode(chunk) for i in row), np.int32)
            file.write(ids.tobytes())
            characters, tokens = characters + sum(map(len, chunk)), tokens + len(ids)
    return characters, tokens


def _chunks(parts: Iterable[str]) -> Iterator[list[str]]:
    """Yield lists of consecutive parts, of about `CHUNK_LENGTH` characters each."""
    chunk: list[str] = []
    size = 0
    for part in parts:
        chunk.append(part)
        size += len(part)
        if size >= CHUNK_LENGTH:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk
