"""Running text to one long row of tokens a split, kept on disk and mapped into memory.

A line break is a token too. Memory does not grow with the text: it is read three times, to be
measured, to train the tokenizer, and to be tokenised.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seq2seq.config import Tokenizer as TokenizerOptions
from seq2seq.errors import TextError
from seq2seq.text.cache import mark_of, once
from seq2seq.text.corpus import SPLITS, Text
from seq2seq.text.tokenizer import Tokenizer, train_tokenizer

FORMAT = 1  # of the prepared files; another number makes everything anew
LINES = 5_000  # that are tokenised and written at a time

Ids = NDArray[np.int32]


class Stream(NamedTuple):
    """Text that a language model can be trained on, and where it came from."""

    tokens: Mapping[str, Ids]  # by split; memory-mapped
    characters: Mapping[str, int]  # by split, line breaks included
    tokenizer: Tokenizer
    notices: list[str]
    licence: str
    origin: dict[str, str]
    fingerprint: str

    def text(self, split: str, count: int) -> str:
        """The first `count` tokens of a split as text."""
        return self.tokenizer.decode([self.tokens[split][:count].tolist()])[0]

    def table(self) -> str:
        """Counts for people."""
        rows = [f"{'':<12}{'characters':>14}{'tokens':>14}"]
        for name in SPLITS:
            count, tokens = self.characters[name], len(self.tokens[name])
            rows.append(f"{name:<12}{count:>14,}{tokens:>14,}")
        return "\n".join(rows)


def prepare_stream(text: Text, options: TokenizerOptions, share: float, cache: Path) -> Stream:
    """Split and tokenise `text`, or find it in `cache` where that was done before.

    Args:
        text: what a reader gave.
        options: of the tokenizer; its `joint` and `sampling` have no meaning here.
        share: of the training text that is set aside, each, for validation and test where the text
            has none of its own: its end, whole lines.
        cache: the folder.

    Raises:
        TextError: there is no text, it cannot be read, or the disk is full.
    """
    facts = [FORMAT, text.origin, sorted(text.splits), share, options.kind, options.size]
    mark = mark_of(facts)
    folder = cache / "streams" / mark
    once(folder, "stream.json", lambda made: _make(text, options, share, made))
    told = json.loads((folder / "stream.json").read_text(encoding="utf-8"))
    tokens = {name: np.memmap(folder / f"{name}.ids", np.int32, "r") for name in SPLITS}
    tokenizer = Tokenizer.load(folder / "tokenizer.model")
    return Stream(
        tokens, told["characters"], tokenizer, told["notices"], text.licence, text.origin, mark
    )


def _make(text: Text, options: TokenizerOptions, share: float, folder: Path) -> None:
    splits = _splits(text, share)
    count = characters = 0
    for line in splits["train"]:
        count, characters = count + 1, characters + len(line) + 1
    # What a sentence is to translation, some hundred characters are here.
    made = train_tokenizer(
        (f"{line}\n" for line in splits["train"]),
        options.kind,
        options.size,
        count,
        max(1, characters // 100),
        sentences=False,
    )
    made.tokenizer.save(folder / "tokenizer.model")
    lengths = {}
    for name, lines in splits.items():
        lengths[name] = _tokenise(lines, made.tokenizer, folder / f"{name}.ids")
        if not lengths[name]:
            raise TextError(f"there is no {name} text: {lengths} characters by split")
    told: dict[str, Any] = {"characters": lengths, "notices": made.notices}
    (folder / "stream.json").write_text(json.dumps(told), encoding="utf-8")


def _splits(text: Text, share: float) -> dict[str, Iterable[str]]:
    """The lines of each split; what the text does not bring is taken from the training text's end.

    Raises:
        TextError: the text is too short to be split.
    """
    missing = [name for name in ("validation", "test") if name not in text.splits]
    if not missing:
        return {name: text.splits[name] for name in SPLITS}
    total = sum(len(line) + 1 for line in text.splits["train"])
    # Where each part begins, in characters: a line belongs to the part that it begins in.
    ends = [total * (1 - share * (len(missing) - place)) for place in range(len(missing))]
    bounds = [0, *ends, total + 1]
    parts = {
        name: _Part(text.splits["train"], bounds[place], bounds[place + 1])
        for place, name in enumerate(["train", *missing])
    }
    return {name: parts.get(name) or text.splits[name] for name in SPLITS}


class _Part:
    """The lines of a text that begin between two places, counted in characters."""

    def __init__(self, lines: Iterable[str], start: float, end: float) -> None:
        self.lines, self.start, self.end = lines, start, end

    def __iter__(self) -> Iterator[str]:
        place = 0
        for line in self.lines:
            if place >= self.end:
                return
            if place >= self.start:
                yield line
            place += len(line) + 1


def _tokenise(lines: Iterable[str], tokenizer: Tokenizer, path: Path) -> int:
    """Write the tokens of `lines`, and return how many characters they have."""
    characters, rest = 0, iter(lines)
    with path.open("wb") as file:
        while chunk := [f"{line}\n" for line in islice(rest, LINES)]:
            characters += sum(map(len, chunk))
            ids = tokenizer.encode(chunk)
            file.write(np.fromiter((i for row in ids for i in row), np.int32).tobytes())
    return characters
