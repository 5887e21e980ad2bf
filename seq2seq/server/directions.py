"""Directions that runs give: from a language to another, or through a third."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from seq2seq.errors import ConfigError


class Route(NamedTuple):
    """Runs that translate one after the other, from a language to another."""

    runs: tuple[int, ...]  # numbers of the runs; none where both languages are the same
    pivot: str | None = None  # the language between two runs
    # Of each run, the direction that it is to translate in; None where it has one alone.
    directions: tuple[tuple[str, str] | None, ...] = ()


class Directions:
    """Directions of the runs of a server."""

    def __init__(self, runs: Sequence[Mapping[str, Any]]) -> None:
        """Take what the workers say of their runs.

        Raises:
            ConfigError: two runs have the same direction.
        """
        self.run_of: dict[tuple[str, str], int] = {}
        for number, run in enumerate(runs):
            for source, target in run["directions"]:
                pair = (source, target)
                if pair in self.run_of:
                    first = runs[self.run_of[pair]]["folder"]
                    raise ConfigError(
                        f"run has {first} and {run['folder']}, both from {source} to {target}: "
                        "each direction can have one"
                    )
                self.run_of[pair] = number
        self._is_of_several = [len(run["directions"]) > 1 for run in runs]

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
            return self._route([(source, target)])
        for pivot in self.languages:
            if (source, pivot) in self.run_of and (pivot, target) in self.run_of:
                return self._route([(source, pivot), (pivot, target)], pivot)
        return None

    def _route(self, legs: Sequence[tuple[str, str]], pivot: str | None = None) -> Route:
        runs = tuple(self.run_of[leg] for leg in legs)
        chosen = (
            leg if self._is_of_several[run] else None for leg, run in zip(legs, runs, strict=True)
        )
        return Route(runs, pivot, tuple(chosen))
