"""Rules of what is protected: kinds of spans, a user's regular expressions, and words."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from seq2seq.text.spans.word_list import WordList

# From the first to the last in priority.
KINDS = (
    "custom",
    "word",
    "code",
    "url",
    "email",
    "tag",
    "placeholder",
    "markup",
    "path",
    "identifier",
    "number",
    "emoji",
)


PATTERN_STRETCH = 2_000  # characters that one search with a user's expression looks at


MAX_PATTERN_LENGTH = 1_000


_PROBES = ("", "a", "a b", "1", "A.", "<a>", " ")


_REPEATED = re.compile(r"[*+]|\{\d*,\}")


class Span(NamedTuple):
    """Characters of a line that a translation holds unchanged."""

    start: int
    end: int
    kind: str
    text: str


Localized = Callable[[Span, str], str]  # from a span and its line to the form in the target


class SpanRules:
    """Compiled rules, shared by all lines; they can be pickled.

    A user's expression is searched in stretches of `PATTERN_STRETCH` characters, so that its time
    is bounded by the square of that; a match across two stretches is lost. One whose time would
    be exponential by nested repeats, as `(a+)+`, is refused. `(a|a)*` is not noticed.
    """

    def __init__(
        self,
        kinds: Iterable[str] = KINDS,
        patterns: Iterable[str] = (),
        words: Iterable[str] = (),
        localized: "Localized | None" = None,
    ) -> None:
        """Compile rules.

        Args:
            kinds: those that are looked for; `custom` stands for `patterns`, `word` for `words`.
            patterns: regular expressions of `re`, in descending priority.
            words: not to be translated, case-sensitive.
            localized: the form of a span of a line in the target; None: its text.

        Raises:
            ValueError: an unknown kind, a wrong expression, one that matches the empty string or
                has nested repeats, an empty word.
        """
        self.kinds = frozenset(kinds)
        for kind in sorted(self.kinds - set(KINDS)):
            raise ValueError(f"there is no kind of span {kind!r}; there are {', '.join(KINDS)}")
        self.patterns = tuple(_compile(pattern) for pattern in patterns)
        self.words = WordList(words)
        self._localized = localized

    @property
    def keeps_numbers(self) -> bool:
        """Return whether numbers are in the target as they are in the source."""
        return self._localized is None

    def localized(self, span: Span, line: str) -> str:
        """Return the text of a span of the source `line` in the target."""
        return span.text if self._localized is None else self._localized(span, line)

    def with_kinds(self, kinds: Iterable[str]) -> "SpanRules":
        """Return rules of the same expressions and words that look for `kinds`."""
        patterns = (pattern.pattern for pattern in self.patterns)
        return SpanRules(kinds, patterns, self.words.words, self._localized)

    def find_custom(self, line: str) -> Iterator[tuple[int, int]]:
        """Yield start and end of each match of the user's expressions; they may overlap."""
        for pattern in self.patterns:
            for start in range(0, len(line), PATTERN_STRETCH):
                for match in pattern.finditer(line, start, start + PATTERN_STRETCH):
                    if match.end() > match.start():
                        yield match.span()


def _compile(pattern: str) -> re.Pattern[str]:
    """Compile a user's expression, or raise a ValueError that names it."""
    if len(pattern) > MAX_PATTERN_LENGTH:
        raise ValueError(
            f"the regular expression {pattern[:40]!r}... has {len(pattern):,} characters, "
            f"more than {MAX_PATTERN_LENGTH:,}"
        )
    try:
        compiled = re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"the regular expression {pattern!r} is wrong: {error}") from error
    if has_nested_repeat(pattern):
        raise ValueError(
            f"the regular expression {pattern!r} repeats a group that holds a repeat, which may "
            "take for ever; make the inner one possessive, as (?:a++b)+"
        )
    if any(match[0] == "" for probe in _PROBES for match in compiled.finditer(probe)):
        raise ValueError(f"the regular expression {pattern!r} matches the empty string")
    return compiled


def has_nested_repeat(pattern: str) -> bool:
    """Return whether an unbounded repeat that can backtrack is inside a group that is repeated."""
    holds_repeat = [False]  # of each group that is open at the index
    index = 0
    while index < len(pattern):
        character, index = pattern[index], index + 1
        if character == "\\":
            index += 1
        elif character == "[":
            index = _end_of_class(pattern, index)
        elif character == "(":
            holds_repeat.append(False)
        elif character == ")" and len(holds_repeat) > 1:
            inner, repeat = holds_repeat.pop(), _REPEATED.match(pattern, index)
            if inner and repeat and pattern[repeat.end() : repeat.end() + 1] != "+":
                return True
            holds_repeat[-1] |= inner
        elif repeat := _REPEATED.match(pattern, index - 1):
            index = repeat.end()
            if pattern[index : index + 1] == "+":  # possessive
                index += 1
            else:
                holds_repeat[-1] = True
    return False


def _end_of_class(pattern: str, index: int) -> int:
    """Return the index behind a character class whose content begins at `index`."""
    index += pattern.startswith("^", index)
    index += pattern.startswith("]", index)
    while index < len(pattern) and pattern[index] != "]":
        index += 2 if pattern[index] == "\\" else 1
    return index + 1
