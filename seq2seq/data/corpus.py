"""What a reader gives: splits of pairs, and where they come from."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

T = TypeVar("T")

SPLITS = ("train", "validation", "test")


class Pair(NamedTuple):
    """A sentence and its translation, neither with a line break in it."""

    source: str
    target: str
    document: str | None = None  # what it is a sentence of
    weight: float | None = None  # how often it is seen in one epoch; None is once


class ParallelCorpus(NamedTuple):
    """Parallel text. `train` is always there; `validation` and `test` where the corpus has them."""

    splits: Mapping[str, Iterable[Pair]]  # can be gone through again and again
    source: str  # language code
    target: str  # language code
    licence: str
    origin: dict[str, str]  # what was read, and a fingerprint of it


class LabelledCorpus(NamedTuple):
    """Lines with labels, by split: train, validation and test. The target of a pair is a label."""

    splits: Mapping[str, Iterable[Pair]]  # can be gone through again and again
    licence: str
    origin: dict[str, str]  # what was read, and a fingerprint of it


class TextCorpus(NamedTuple):
    """Running text by lines. `train` is always there; the others where the text has them."""

    splits: Mapping[str, Iterable[str]]  # can be gone through again and again
    licence: str
    origin: dict[str, str]  # what was read, and a fingerprint of it


class Repeatable(Generic[T]):
    """An iterable made anew each time by calling `function` with `arguments`."""

    def __init__(self, function: Callable[..., Iterator[T]], *arguments: Any) -> None:
        self.function, self.arguments = function, arguments

    def __iter__(self) -> Iterator[T]:
        return self.function(*self.arguments)
