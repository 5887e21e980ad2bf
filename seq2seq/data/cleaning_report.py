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
    examples: dict[str, list[tuple[str, str]]] = field(default_factory=dict)  # by rule or kind
    noticed: dict[str, int] = field(default_factory=dict)  # doubtful pairs that are kept, by kind

    @property
    def kept(self) -> int:
        """Return the number of pairs that are kept."""
        return self.read - sum(self.dropped.values())

    def line(self, label: str, number: int, rule: str) -> str:
        """Return the line of a table about pairs of a rule or kind, with an example."""
        source, target = self.examples[rule][0]
        example = f"{_shorten(source)} | {_shorten(target)}"
        return f"{'':<12}{label:<26}{number:>10,}   {example}"

    def drop(self, rule: str, source: str, target: str) -> None:
        """Count a pair that breaks `rule`, and keep the first few as examples."""
        self.dropped[rule] = self.dropped.get(rule, 0) + 1
        self._add_example(rule, (source, target))

    def notice(self, kind: str, source: str, target: str) -> None:
        """Count a doubtful pair that is kept, and keep the first few as examples."""
        self.noticed[kind] = self.noticed.get(kind, 0) + 1
        self._add_example(kind, (source, target))

    def add(self, other: "SplitCounts") -> None:
        """Add the counts of the pairs that follow."""
        self.read += other.read
        for counts, more in ((self.dropped, other.dropped), (self.noticed, other.noticed)):
            for name, number in more.items():
                counts[name] = counts.get(name, 0) + number
        for name, examples in other.examples.items():
            for example in examples:
                self._add_example(name, example)

    def _add_example(self, name: str, example: tuple[str, str]) -> None:
        examples = self.examples.setdefault(name, [])
        if len(examples) < REPORTED_EXAMPLES:
            examples.append(example)


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
            lines += [count.line(f"- {rule}", n, rule) for rule, n in count.dropped.items()]
            lines.append(f"{'':<12}{'left':<26}{count.kept:>10,}")
            lines += [count.line(f"? {kind}", n, kind) for kind, n in count.noticed.items()]
        if any(count.noticed for count in self.splits.values()):
            lines.append("?: doubtful pairs, which are kept; clean.drop=[KIND,...] drops kinds")
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Return the counts as plain values of JSON."""
        return {
            name: {
                "read": c.read,
                "dropped": c.dropped,
                "left": c.kept,
                "doubtful": c.noticed,
                "examples": c.examples,
            }
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
                    c.get("doubtful", {}),  # which earlier versions did not count
                )
                for name, c in plain.items()
            }
        )


def _shorten(text: str) -> str:
    """Return the text of an example, cut, with control characters escaped: a terminal shows it."""
    text = escaped(text)
    return text if len(text) <= EXAMPLE_CHARACTERS else text[: EXAMPLE_CHARACTERS - 1] + "…"
