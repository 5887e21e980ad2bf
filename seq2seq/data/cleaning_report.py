"""How many pairs each rule dropped, with examples."""

from dataclasses import dataclass, field
from typing import Any

EXAMPLES = 3
EXAMPLE_CHARACTERS = 60  # characters of an example that the table shows of each side


@dataclass
class SplitCounts:
    """One split on its way through cleaning."""

    read: int = 0  # pairs in
    dropped: dict[str, int] = field(default_factory=dict)  # by rule
    examples: dict[str, list[tuple[str, str]]] = field(default_factory=dict)  # by rule

    @property
    def kept(self) -> int:
        """Pairs that are kept."""
        return self.read - sum(self.dropped.values())

    def drop(self, rule: str, source: str, target: str) -> None:
        """One pair breaks `rule`."""
        self.dropped[rule] = self.dropped.get(rule, 0) + 1
        shown = self.examples.setdefault(rule, [])
        if len(shown) < EXAMPLES:
            shown.append((source, target))


@dataclass
class CleaningReport:
    """What cleaning did to each split."""

    splits: dict[str, SplitCounts] = field(default_factory=dict)

    def split(self, name: str) -> SplitCounts:
        """The counts of one split, made when first asked for."""
        return self.splits.setdefault(name, SplitCounts())

    def table(self) -> str:
        """Counts for people: a line for each rule that dropped something, and an example."""
        lines = [f"{'pairs':<12}{'':<22}{'count':>10}"]
        for name, count in self.splits.items():
            lines.append(f"{name:<12}{'in':<22}{count.read:>10,}")
            for rule, number in count.dropped.items():
                source, target = count.examples[rule][0]
                example = f"{_shorten(source)} | {_shorten(target)}"
                lines.append(f"{'':<12}{'- ' + rule:<22}{number:>10,}   {example}")
            lines.append(f"{'':<12}{'left':<22}{count.kept:>10,}")
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Counts for programs, as JSON knows them."""
        return {
            name: {"read": c.read, "dropped": c.dropped, "left": c.kept, "examples": c.examples}
            for name, c in self.splits.items()
        }

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> "CleaningReport":
        """What `to_dict` gave."""
        return cls(
            {
                name: SplitCounts(
                    c["read"],
                    c["dropped"],
                    {rule: [(s, t) for s, t in pairs] for rule, pairs in c["examples"].items()},
                )
                for name, c in plain.items()
            }
        )


def _shorten(text: str) -> str:
    return text if len(text) <= EXAMPLE_CHARACTERS else text[: EXAMPLE_CHARACTERS - 1] + "…"
