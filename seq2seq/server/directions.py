"""Directions that runs give: from a language to another, or through a third."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from seq2seq.errors import ConfigError


class Route(NamedTuple):
    """Runs that translate one after the other, from a language to another."""

    runs: tuple[int, ...]  # numbers of the runs; none where both languages are the same
    pivot: str | None = None  # the language between two runs


class Directions:
    """Directions of the runs of a server."""

    def __init__(self, runs: Sequence[Mapping[str, Any]]) -> None:
        """Take what the workers say of their runs.

        Raises:
            ConfigError: two runs have the same direction.
        """
        self.run_of: dict[tuple[str, str], int] = {}
        for number, run in enumerate(runs):
            pair = (run["source"], run["target"])
            if pair in self.run_of:
                first = runs[self.run_of[pair]]["folder"]
                raise ConfigError(
                    f"run has {first} and {run['folder']}, both from {pair[0]} to {pair[1]}: "
                    "each direction can have one"
                )
            self.run_of[pair] = number

    @property
    def languages(self) -> list[str]:
        """Return all languages, each once, those of the first run first."""
        return list(dict.fromkeys(code for pair in self.run_of for code in pair))

    @property
    def sources(self) -> list[str]:
        """Return the languages that some run translates from."""
        return list(dict.fromkeys(source for source, _ in self.run_of))

    def targets(self, source: str) -> list[str]:
        """Return the languages that texts of `source` can be translated into."""
        return [code for code in self.languages if code != source and self.route(source, code)]

    def route(self, source: str, target: str) -> Route | None:
        """Return the runs from `source` to `target`; None where no one or two runs lead there."""
        if source == target:
            return Route(())
        if (source, target) in self.run_of:
            return Route((self.run_of[source, target],))
        for pivot in self.languages:
            first = self.run_of.get((source, pivot))
            second = self.run_of.get((pivot, target))
            if first is not None and second is not None:
                return Route((first, second), pivot)
        return None
