"""Report of cleaning: the number of pairs that each rule dropped, with examples."""

from dataclasses import dataclass, field
from typing import Any

from seq2seq.storage.regular import escaped

REPORTED_EXAMPLES = 3
EXAMPLE_CHARACTERS = 60  # characters of an example that the table shows of each side


@dataclass
class SplitCounts:
    """Counts of one split."""

    read: int = 0  # pairs before cleaning
    dropped: dict[str, int] = field(default_factory=dict)  # by rule
    examples: dict[str, list[tuple[str, str]]] = field(default_factory=dict)  # by rule

    @property
    def kept(self) -> int:
        """Return the number of pairs that are kept."""
        return self.read - sum(self.dropped.values())

    def drop(self, rule: str, source: str, target: str) -> None:
        """Count a pair that breaks `rule`, and keep the first few as examples."""
        self.dropped[rule] = self.dropped.get(rule, 0) + 1
        examples = self.examples.setdefault(rule, [])
        if len(examples) < REPORTED_EXAMPLES:
            examples.append((source, target))


@dataclass
class CleaningReport:
    """Counts of each split."""

    splits: dict[str, SplitCounts] = field(default_factory=dict)

    def split(self, name: str) -> SplitCounts:
        """Return the counts of one split, which begin at zero."""
        return self.splits.setdefault(name, SplitCounts())

    def table(self) -> str:
        """Return the counts as a text table: a line a rule that dropped pairs, with an example."""
        lines = [f"{'pairs':<12}{'':<26}{'count':>10}"]
        for name, count in self.splits.items():
            lines.append(f"{name:<12}{'in':<26}{count.read:>10,}")
            for rule, number in count.dropped.items():
                source, target = count.examples[rule][0]
                example = f"{_shorten(source)} | {_shorten(target)}"
                lines.append(f"{'':<12}{'- ' + rule:<26}{number:>10,}   {example}")
            lines.append(f"{'':<12}{'left':<26}{count.kept:>10,}")
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Return the counts as plain values of JSON."""
        return {
            name: {"read": c.read, "dropped": c.dropped, "left": c.kept, "examples": c.examples}
            for name, c in self.splits.items()
        }

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> "CleaningReport":
        """Return the report of which `to_dict` returned `plain`."""
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
    """Return the text of an example, cut, with control characters escaped: a terminal shows it."""
    text = escaped(text)
    return text if len(text) <= EXAMPLE_CHARACTERS else text[: EXAMPLE_CHARACTERS - 1] + "…"
