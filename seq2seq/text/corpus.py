"""What a reader gives: splits of pairs, and where they come from."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

SPLITS = ("train", "validation", "test")


class Pair(NamedTuple):
    """A sentence and its translation, neither with a line break in it."""

    source: str
    target: str
    document: str | None = None  # what it is a sentence of
    weight: float | None = None  # how often it is seen in one epoch; None is once


class Corpus(NamedTuple):
    """Parallel text. `train` is always there; `validation` and `test` where the corpus has them."""

    splits: Mapping[str, Iterable[Pair]]  # can be gone through again and again
    source: str  # language code
    target: str  # language code
    licence: str
    origin: dict[str, str]  # what was read, and a fingerprint of it


class Repeatable:
    """An iterable made anew each time by calling `function` with `arguments`."""

    def __init__(self, function: Callable[..., Iterator[Pair]], *arguments: Any) -> None:
        self.function, self.arguments = function, arguments

    def __iter__(self) -> Iterator[Pair]:
        return self.function(*self.arguments)
