"""Rules of what is protected: kinds of spans, a user's regular expressions, and words."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from seq2seq.text.spans.expressions import Expressions
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


class Span(NamedTuple):
    """Characters of a line that a translation holds unchanged."""

    start: int
    end: int
    kind: str
    text: str


Localized = Callable[[Span, str], str]  # from a span and its line to the form in the target


class SpanRules:
    """Compiled rules, shared by all lines; they can be pickled."""

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
            ValueError: an unknown kind, an expression that `Expressions` refuses, an empty word.
        """
        self.kinds = frozenset(kinds)
        for kind in sorted(self.kinds - set(KINDS)):
            raise ValueError(f"there is no kind of span {kind!r}; there are {', '.join(KINDS)}")
        self.expressions = Expressions(patterns)
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
        return SpanRules(kinds, self.expressions.texts, self.words.words, self._localized)
