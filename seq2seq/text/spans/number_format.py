"""The form of decimal and grouped numbers of a target text: 3,5 for 3.5, 1.000 for 1,000.

It is counted in training pairs, and concerns decimal numbers and numbers with groups of three
digits alone: no version, date, time, address or identifier.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice, product
from typing import Any, NamedTuple

from seq2seq.text.spans.rules import Span

# Signs that separate digits; none between groups is a form, too.
SIGNS = (".", ",", "'", "\u2019", "\u00a0", "\u2009", "\u202f", "\u066b", "\u066c")
_SPACES = "\u00a0\u2009\u202f"  # which texts mix
MIN_NUMBER_PAIRS, MIN_FORM_SHARE = 20, 0.8  # with a number, and of these with the same form
_DECIMAL = re.compile(r"([0-9]+)([.,\u066b])([0-9]+)")
_GROUPED = re.compile(
    r"[1-9][0-9]{0,2}(?:([.,'\u2019\u00a0\u2009\u202f\u066c])[0-9]{3})(?:\1[0-9]{3})*"
)
IP_ADDRESS = re.compile(r"(?:0|[1-9][0-9]{0,2})(?:\.(?:0|[1-9][0-9]{0,2})){3}")  # 000 is no part
HAS_SIGN = re.compile(f"[0-9][{''.join(SIGNS)}][0-9]")  # in a line that may have such a number
# A word before a number of the form 1.2 that makes a version of it.
WORD_BEFORE_VERSION = re.compile(r"(\w[\w.+#/-]*)[ \u00a0]$")
VERSION_WORDS = ("version", "versions", "release", "ver.", "rev.", "build")

Signs = tuple[str, str]  # in the source and in the target


class NumberFormat(NamedTuple):
    """The signs of numbers in source and target; None where the pairs do not tell."""

    decimal: Signs | None = None
    group: Signs | None = None

    def localized(self, span: Span, line: str) -> str:
        """Return the form in the target of a span of the source `line`: its text, if no number."""
        if span.kind != "number" or not self.changes:
            return span.text
        decimal, group = self.decimal or ("", ""), self.group or ("", "")
        match = _compiled(decimal[0], group[0]).fullmatch(span.text)
        if match is None or IP_ADDRESS.fullmatch(span.text):
            return span.text
        whole, fraction = match["whole"], match["fraction"]
        if (
            fraction is not None
            and whole.isdigit()
            and decimal[0] == "."
            and is_version(span, line)
        ):
            return span.text
        if not whole.isdigit():
            whole = whole.replace(group[0], group[1])
        return whole if fraction is None else f"{whole}{decimal[1]}{fraction}"

    @property
    def changes(self) -> bool:
        """Return whether a sign differs between source and target."""
        return any(signs and signs[0] != signs[1] for signs in self)

    def facts(self) -> dict[str, list[str]]:
        """Return the signs as plain values, for a file."""
        return {name: list(signs) for name, signs in self._asdict().items() if signs}

    @classmethod
    def from_facts(cls, facts: Any) -> "NumberFormat":
        """Return the format of plain values, as `facts` returns them.

        Raises:
            ValueError: they are none.
        """
        is_known = isinstance(facts, dict) and all(
            name in cls._fields
            and isinstance(signs, list)
            and len(signs) == 2
            and signs[0] in SIGNS
            and (signs[1] in SIGNS or (name == "group" and signs[1] == ""))
            for name, signs in facts.items()
        )
        sources = [signs[0] for signs in facts.values()] if is_known else []
        if not is_known or len(set(sources)) < len(sources):
            raise ValueError(f"{facts!r} are no signs of numbers")
        return cls(**{name: (signs[0], signs[1]) for name, signs in facts.items()})


def is_version(span: Span, line: str) -> bool:
    """Return whether a number of the form 1.2 is a version, by the word before it.

    That is a word as "version", or one with a capital that does not begin the line, as a name does;
    the latter not in a line of capitals.
    """
    match = WORD_BEFORE_VERSION.search(line[: span.start])
    if match is None:
        return False
    word = match[1]
    return word.lower() in VERSION_WORDS or (
        word != word.lower() and match.start() > 0 and not line.isupper()
    )


def _compiled(decimal: str, group: str) -> re.Pattern[str]:
    """Return the pattern of numbers with these signs, "" for none; `re` keeps what it compiled."""
    whole = "[0-9]+"
    if group:
        whole = rf"[1-9][0-9]{{0,2}}(?:{re.escape(group)}[0-9]{{3}})+|{whole}"
    fraction = (
        rf"(?:{re.escape(decimal)}(?P<fraction>[0-9]+))?" if decimal else "(?P<fraction>(?!))?"
    )
    return re.compile(f"(?P<whole>{whole}){fraction}")


class FormatCounts:
    """Counts pairs by the signs of their numbers."""

    def __init__(self) -> None:
        self.decimal: Counter[Signs] = Counter()
        self.group: Counter[Signs] = Counter()

    def add(self, line: str, spans: Sequence[Span], target_spans: Sequence[Span]) -> None:
        """Count a pair: its source, and the spans of source and target.

        A number with three digits behind its only sign may be grouped or decimal: it counts as
        grouped, unless it begins with 0.
        """
        targets = {span.text for span in target_spans}
        found: dict[str, set[Signs]] = {"decimal": set(), "group": set()}
        for span in spans:
            if span.kind != "number" or IP_ADDRESS.fullmatch(span.text):
                continue
            if match := _GROUPED.fullmatch(span.text):
                parts = span.text.split(match[1])
                found["group"] |= _signs(match[1], parts, targets, (*SIGNS, ""))
            elif (match := _DECIMAL.fullmatch(span.text)) and not (
                match[2] == "." and is_version(span, line)
            ):
                found["decimal"] |= _signs(match[2], (match[1], match[3]), targets, SIGNS)
        self.decimal.update(found["decimal"])
        self.group.update(found["group"])

    def format(self) -> NumberFormat:
        """Return the format that enough pairs have."""
        decimal, group = _chosen(self.decimal), _chosen(self.group)
        if decimal and group and decimal[0] == group[0]:
            group = None
        return NumberFormat(decimal, group)

    def notice(self, made: NumberFormat) -> str:
        """Return a line about a format that changes numbers."""
        parts = []
        for name, signs, example in (
            ("decimal", made.decimal, "3{}5"), ("group", made.group, "1{}000"),
        ):  # fmt: skip
            if signs and signs[0] != signs[1]:
                counts: Counter[Signs] = getattr(self, name)
                pairs = sum(n for (sign, _), n in counts.items() if sign == signs[0])
                share = _with_spaces(counts, signs) / pairs
                before, after = (example.format(sign) for sign in signs)
                parts.append(f"{before} as {after} ({share:.0%} of {pairs:,} pairs)")
        return f"numbers are written as the target's: {', '.join(parts)} (protect.number_format)"


def _signs(sign: str, parts: Sequence[str], targets: set[str], others: Iterable[str]) -> set[Signs]:
    """Return the signs of a number in source and target, its own if they are equal; or none."""
    others = (other for other in (sign, *others) if other.join(parts) in targets)
    return {(sign, other) for other in islice(others, 1)}


def _with_spaces(counts: Counter[Signs], signs: Signs) -> int:
    """Return the count of signs, with those of all spaces if the sign of the target is one."""
    alike = _SPACES if signs[1] and signs[1] in _SPACES else (signs[1],)
    return sum(counts[signs[0], sign] for sign in alike)


def _chosen(counts: Counter[Signs]) -> Signs | None:
    """Return the signs of most pairs with the most frequent sign of the source, or None."""
    totals: Counter[str] = Counter()
    for (sign, _), count in counts.items():
        totals[sign] += count
    for sign, total in totals.most_common(1):
        best = max(product([sign], ["", *SIGNS]), key=lambda signs: counts[signs])
        if total >= MIN_NUMBER_PAIRS and _with_spaces(counts, best) >= MIN_FORM_SHARE * total:
            return best
    return None
