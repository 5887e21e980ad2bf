"""A pair, the context in which modifiers change it, and helpers that all modifiers share."""

from collections.abc import Callable, Iterable, Sequence
from random import Random
from typing import NamedTuple, TypeVar

from seq2seq.config.augment import AugmentOptions

T = TypeVar("T")

CharacterSpan = tuple[int, int]  # start and end of characters
Protected = Callable[[str], Sequence[CharacterSpan]]


class LinePair(NamedTuple):
    """A line and its translation."""

    source: str
    target: str


class Context(NamedTuple):
    """Facts of the corpus that modifiers need, the same for all pairs."""

    source_language: str = ""
    target_language: str = ""
    protected: Protected = lambda _: ()  # spans of a line that no modifier may change

    @property
    def languages(self) -> tuple[str, str]:
        """Return both languages, in the order of a pair."""
        return self.source_language, self.target_language


# A modifier takes a pair, its generator, the options and the context, and returns a pair.
Modifier = Callable[[LinePair, Random, AugmentOptions, Context], LinePair]


def pick(random: Random, options: Sequence[T]) -> T:
    """Return one of `options`.

    Modifiers draw with `Random.random` alone, whose numbers are the same in every Python.
    """
    return options[int(random.random() * len(options))]


def change_outside(line: str, spans: Iterable[CharacterSpan], change: Callable[[str], str]) -> str:
    """Return `line` with `change` applied to the text between `spans`, which may overlap."""
    parts, position = [], 0
    for start, end in sorted(spans):
        if end <= position:
            continue
        start = max(start, position)
        parts += [change(line[position:start]), line[start:end]]
        position = end
    return "".join([*parts, change(line[position:])])
