"""The directions of a run of several languages, and a planner for each."""

import logging
from collections.abc import Callable, Sequence

from seq2seq.errors import ConfigError
from seq2seq.inference.units import UnitPlanner

log = logging.getLogger("seq2seq.inference.directions")


class LanguageDirections:
    """Pairs of languages that a run was trained on; others are translated zero-shot."""

    def __init__(
        self, pairs: Sequence[tuple[str, str]], plan: Callable[[tuple[str, str]], UnitPlanner]
    ) -> None:
        """Plan for directions.

        Args:
            pairs: source and target of each direction of training.
            plan: makes the planner of a direction, whose source may be "": unknown.
        """
        self.pairs, self._plan = list(pairs), plan
        self.sources = sorted({source for source, _ in pairs})
        self.targets = sorted({target for _, target in pairs})
        self._planners: dict[tuple[str, str], UnitPlanner] = {}

    def choose(self, target: str | None, source: str | None) -> tuple[str, str]:
        """Return the direction to a target; a source that is not given is found, if it can be.

        A direction that training never had is told in a warning.

        Raises:
            ConfigError: the run does not know a language, or no target is given among several.
        """
        if target is None and len(self.targets) == 1:
            target = self.targets[0]
        if target not in self.targets:
            wrong = "target is needed" if target is None else f"target={target} is not known"
            raise ConfigError(f"{wrong}: the run translates into {', '.join(self.targets)}")
        into = [code for code, other in self.pairs if other == target]
        if source is None:
            return (into[0] if len(into) == 1 else "", target)
        if source not in self.sources:
            known = ", ".join(self.sources)
            raise ConfigError(f"source={source} is not known: the run translates from {known}")
        if source not in into:
            log.warning(
                "zero-shot: the run has seen no pair of %s and %s in this direction", source, target
            )
        return source, target

    def planner(self, direction: tuple[str, str]) -> UnitPlanner:
        """Return the planner of a direction, always the same one."""
        if direction not in self._planners:
            self._planners[direction] = self._plan(direction)
        return self._planners[direction]


def require_own_direction(
    languages: tuple[str, str], target: str | None, source: str | None
) -> None:
    """Require that a direction is that of a run of two languages, as far as it is given.

    Raises:
        ConfigError: it is another one.
    """
    if target not in (None, languages[1]) or source not in (None, languages[0]):
        raise ConfigError(f"the run translates from {languages[0]} to {languages[1]} alone")
