"""Running text to one long row of tokens a split, kept on disk and mapped into memory.

A line break is a token too. Memory does not grow with the text: it is read three times, to be
measured, to train the tokenizer, and to be tokenised.
"""

import json
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
from seq2seq.data.cache import fingerprint, load_or_build
from seq2seq.data.corpus import SPLITS, TextCorpus
from seq2seq.errors import TextError
from seq2seq.text.tokenizer import MAX_SENTENCE_BYTES, Tokenizer, train_tokenizer

CACHE_FORMAT = 2  # of the prepared files; another number makes everything anew
CHUNK_LENGTH = 500_000  # characters that are tokenised at a time, or tokens that are made text
PART_CHARACTERS = (
    MAX_SENTENCE_BYTES // 4
)  # characters of a line that are tokenised together: four bytes each at most
MAX_HELD_OUT = (
    1_000_000  # characters that are set aside at most, each: every validation reads all of them
)
MIN_HELD_OUT = 5  # tokens of a split: there must be something to predict, and an n-gram to count
CONTINUATION_BYTE = re.compile("<0x[89AB].>")  # a byte of a character that is not its first

TokenArray = NDArray[np.int32]


class PreparedText(NamedTuple):
    """Text that a language model can be trained on, and where it came from."""

    tokens: Mapping[str, TokenArray]  # by split; memory-mapped
    characters: Mapping[str, int]  # by split, line breaks included
    tokenizer: Tokenizer
    notices: list[str]
    licence: str
    origin: dict[str, str]
    fingerprint: str

    def text(self, split: str) -> Iterator[str]:
        """A split as text, a piece at a time; a character that is spelled in bytes is in one."""
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
        """Counts for people."""
        rows = [f"{'':<12}{'characters':>14}{'tokens':>14}"]
        for name in SPLITS:
            count, tokens = self.characters[name], len(self.tokens[name])
            rows.append(f"{name:<12}{count:>14,}{tokens:>14,}")
        return "\n".join(rows)


def prepare_monolingual(
    text: TextCorpus, options: TokenizerOptions, share: float, cache: Path
) -> PreparedText:
    """Split and tokenise `text`, or find it in `cache` where that was done before.

    Args:
        text: what a reader gave.
        options: of the tokenizer; its `joint` and `sampling` have no meaning here.
        share: of the training text that is set aside, each, for validation and test where the text
            has none of its own: its end, whole lines if these are not too long, and no more than
            `HELD` characters.
        cache: the folder.

    Raises:
        TextError: there is too little text, it cannot be read, or the disk is full.
    """
    facts = [
        CACHE_FORMAT,
        text.origin,
        sorted(text.splits),
        share,
        options.kind,
        options.vocab_size,
    ]
    mark = fingerprint(facts)
    folder = cache / "streams" / mark

    def load() -> PreparedText:
        told = json.loads((folder / "stream.json").read_text(encoding="utf-8"))
        tokens = {name: np.memmap(folder / f"{name}.ids", np.int32, "r") for name in SPLITS}
        tokenizer = Tokenizer.load(folder / "tokenizer.model")
        return PreparedText(
            tokens, told["characters"], tokenizer, told["notices"], text.licence, text.origin, mark
        )

    return load_or_build(
        folder, "stream.json", lambda made: _build(text, options, share, made), load
    )


def _build(text: TextCorpus, options: TokenizerOptions, share: float, folder: Path) -> None:
    found = split_text(text, share)
    count = characters = 0
    for piece in found["train"]:
        count, characters = count + 1, characters + len(piece)
    # What a sentence is to translation, some hundred characters are here.
    made = train_tokenizer(
        found["train"],
        options.kind,
        options.vocab_size,
        count,
        max(1, characters // 100),
        sentences=False,
    )
    made.tokenizer.save(folder / "tokenizer.model")
    lengths = {}
    for name, pieces in found.items():
        lengths[name], tokens = _write_tokens(pieces, made.tokenizer, folder / f"{name}.ids")
        if tokens < MIN_HELD_OUT:
            raise TextError(f"the {name} text is too short: {tokens} of {MIN_HELD_OUT} tokens")
    told: dict[str, Any] = {"characters": lengths, "notices": made.notices}
    (folder / "stream.json").write_text(json.dumps(told), encoding="utf-8")


def split_text(text: TextCorpus, share: float) -> dict[str, Iterable[str]]:
    """Each split in pieces; what the text does not bring is taken from the training text's end."""
    found = {name: _TextRange(lines, 0, sys.maxsize, 0) for name, lines in text.splits.items()}
    if missing := [name for name in SPLITS if name not in found]:
        total = sum(len(line) + 1 for line in text.splits["train"])
        aside = min(total * share, MAX_HELD_OUT)
        ends = [math.ceil(total - aside * left) for left in range(len(missing), -1, -1)]
        for name, (start, end) in zip(["train", *missing], pairwise([0, *ends]), strict=True):
            found[name] = _TextRange(text.splits["train"], start, end, int(aside))
    return {name: found[name] for name in SPLITS}


class _TextRange:
    """What is between two places of a text, counted in characters, in pieces that are not long.

    A line belongs to the part that it begins in. Only a line that is as long as a part itself is
    cut where a part ends, or there might be no line for it.
    """

    def __init__(self, lines: Iterable[str], start: int, end: int, whole: int) -> None:
        """The part of `lines` from `start` to `end`; lines shorter than `whole` stay so."""
        self.lines, self.start, self.end, self.whole = lines, start, end, whole

    def __iter__(self) -> Iterator[str]:
        place = 0
        for line in self.lines:
            if place >= self.end:
                return
            first, last = (self._cut(len(line), bound - place) for bound in (self.start, self.end))
            mine = f"{line}\n"[first:last]
            for begin in range(0, len(mine), PART_CHARACTERS):
                yield mine[begin : begin + PART_CHARACTERS]
            place += len(line) + 1

    def _cut(self, length: int, at: int) -> int:
        """Where a line of `length` is cut for a part that begins or ends `at` characters in it.

        The line break stays with its line.
        """
        if at <= 0:
            return 0
        return at if at < length and length >= self.whole else length + 1


def _write_tokens(pieces: Iterable[str], tokenizer: Tokenizer, path: Path) -> tuple[int, int]:
    """Write the tokens of a text, and return how many characters and how many tokens it has."""
    characters = tokens = 0
    with path.open("wb") as file:
        for chunk in _chunks(pieces):
            ids = np.fromiter((i for row in tokenizer.encode(chunk) for i in row), np.int32)
            file.write(ids.tobytes())
            characters, tokens = characters + sum(map(len, chunk)), tokens + len(ids)
    return characters, tokens


def _chunks(pieces: Iterable[str]) -> Iterator[list[str]]:
    chunk: list[str] = []
    size = 0
    for piece in pieces:
        chunk.append(piece)
        size += len(piece)
        if size >= CHUNK_LENGTH:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk
