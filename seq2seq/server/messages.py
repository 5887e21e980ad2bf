"""Messages between the server and its worker processes: JSON behind its length."""

import json
from collections.abc import Sequence
from typing import Any, BinaryIO, NamedTuple

LENGTH_BYTES = 8


class LineOptions(NamedTuple):
    """Options of the translation of a line; lines that share them are translated together."""

    run: int  # number of the run
    n_best: int = 0  # translations of a beam search; 0: the best of the configured search
    is_scored: bool = False  # with words, log-probabilities and confidence
    is_aligned: bool = False  # with attention between words
    is_branching: bool = False  # translations that differ in the word behind the prefix
    direction: tuple[str, str] | None = None  # of a run of several languages
    terms: tuple[tuple[str, str], ...] = ()  # of a glossary: source and target

    @classmethod
    def of(cls, values: Sequence[Any]) -> "LineOptions":
        """Return the options that came as JSON: a list, with lists in it."""
        *others, direction, terms = values
        pairs = tuple((source, target) for source, target in terms)
        return cls._make([*others, tuple(direction) if direction else None, pairs])


class LineJob(NamedTuple):
    """A line to translate."""

    text: str
    prefix: str = ""  # that the translation begins with


def encode(message: Any) -> bytes:
    """Return a message as bytes: the length of its JSON, and its JSON."""
    data = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
    return len(data).to_bytes(LENGTH_BYTES, "big") + data


def read_message(stream: BinaryIO) -> Any:
    """Return the next message of a stream; None where it has ended."""
    length = stream.read(LENGTH_BYTES)
    if len(length) < LENGTH_BYTES:
        return None
    size = int.from_bytes(length, "big")
    data = stream.read(size)
    return json.loads(data) if len(data) == size else None
