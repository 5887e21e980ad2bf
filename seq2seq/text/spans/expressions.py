"""A user's regular expressions: what they may be, and searches whose time is limited."""

import re
import time
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import regex  # type: ignore[import-untyped]

from seq2seq.errors import ConfigError

STRETCH = 2_000  # characters that one search looks at
MAX_LENGTH = 1_000  # characters of one expression
MAX_EXPANDED = 300_000  # characters of all of them, with their counted repeats written out
# Seconds of the searches in one line: at least the first, and the second for each of its characters
# and each expression, some hundred times what an ordinary expression takes.
LINE_SECONDS = 1.0
SECONDS_A_CHARACTER = 1e-6

_PROBES = ("", "a", "a b", "1", "A.", "<a>", " ")
_MAX_QUOTED = 100  # characters of an expression in a message


_TOKEN = re.compile(
    r"""
    \\N\{[^}]*\} | \\.                      # an escape
    | \[\^?\]?(?:\\.|[^\]\\])*+\]           # a character class
    | \(\?\# | \(\?[a-z]*x[a-z]*[-:)]       # comments, which `re` leaves out
    | (?:[*+?] | \{(?!\})\d*,?\d*\})[+?]?   # a repeat, see `_REPEAT`
    | .
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Measure:
    """Size and repeats of a part of an expression."""

    size: int = 0  # characters, with counted repeats written out
    has_repeat: bool = False  # holds an unbounded repeat that can backtrack
    is_nested: bool = False  # holds such a repeat in a group that is repeated

    def __add__(self, other: "Measure") -> "Measure":
        """Return the measure of both parts, one after the other."""
        return Measure(
            self.size + other.size,
            self.has_repeat or other.has_repeat,
            self.is_nested or other.is_nested,
        )

    def repeated(self, repeat: str) -> "Measure":
        """Return the measure of the part with a repeat behind it, as `+`, `{2,}` or `*+`."""
        least = re.match(r"\{(\d+)", repeat)
        is_unbounded = repeat[0] in "*+" or ",}" in repeat
        can_backtrack = is_unbounded and not repeat[1:].endswith("+")
        return Measure(
            self.size * max(1, int(least[1]) if least else 1),
            self.has_repeat or can_backtrack,
            self.is_nested or (self.has_repeat and can_backtrack),
        )


_REPEAT = re.compile(r"(?:[*+?]|\{\d*,?\d*\})[+?]?")


_IN_CLASS = re.compile(r"(\\.)|\[", re.DOTALL)


class Expressions:
    """Compiled expressions, in descending priority; they can be pickled.

    They are searched in stretches of `STRETCH` characters, so that the time of most of them is
    bounded by the square of that; a match across two stretches is lost. The time of a search is
    limited, for that of some is exponential, as of `(a|a)*b`.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        """Compile `texts`, each in the syntax and with the meaning of `re`.

        Raises:
            ValueError: one is wrong, matches the empty string, or has nested repeats; or they are
                too long.
        """
        self.texts = tuple(texts)
        size, compiled = 0, []
        for text in self.texts:
            size += require_sound(text)
            if size > MAX_EXPANDED:
                raise ValueError(
                    f"the regular expressions to {_quoted(text)} have more than {MAX_EXPANDED:,} "
                    "characters, with their counted repeats written out"
                )
            compiled.append(_compile(text))
        self._compiled = compiled

    def find(self, line: str) -> Iterator[tuple[int, int]]:
        """Yield start and end of each match that is not empty; they may overlap.

        Raises:
            ConfigError: the search takes too long.
        """
        if not self._compiled:
            return
        limit = LINE_SECONDS + SECONDS_A_CHARACTER * len(line) * len(self._compiled)
        end = time.process_time() + limit  # the clock of `regex`
        for text, compiled in zip(self.texts, self._compiled, strict=True):
            for start in range(0, len(line), STRETCH):
                seconds = max(end - time.process_time(), 1e-6)
                try:
                    matches = list(compiled.finditer(line, start, start + STRETCH, timeout=seconds))
                except (TimeoutError, MemoryError):
                    raise ConfigError(
                        f"protect.patterns: the regular expression {_quoted(text)} takes more than "
                        f"{limit:.1f} s for a line of {len(line):,} characters"
                    ) from None
                for match in matches:
                    if match.end() > match.start():
                        yield match.span()


def _quoted(text: str) -> str:
    """Return an expression for a message."""
    return repr(text) if len(text) <= _MAX_QUOTED else f"{text[:_MAX_QUOTED]!r}..."


def require_sound(text: str) -> int:
    """Check an expression before it is compiled, and return its size: see `MAX_EXPANDED`.

    Raises:
        ValueError: it is too long, no expression of `re`, or has nested repeats.
    """
    if len(text) > MAX_LENGTH:
        raise ValueError(
            f"the regular expression {text[:40]!r}... has {len(text):,} characters, "
            f"more than {MAX_LENGTH:,}"
        )
    try:
        with warnings.catch_warnings():  # about what means something else in other dialects
            warnings.simplefilter("ignore", FutureWarning)
            re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"the regular expression {_quoted(text)} is wrong: {error}") from error
    whole = measure(text)
    if whole.is_nested:
        raise ValueError(
            f"the regular expression {_quoted(text)} repeats a group that holds a repeat, which "
            "may take for ever; make the inner one possessive, as (?:a++b)+"
        )
    return whole.size


def measure(text: str) -> Measure:
    """Measure an expression of `re`.

    Raises:
        ValueError: it has comments or the flag x, whose comments may look like anything else.
    """
    outer: list[Measure] = []  # what is before each group that is open
    before = last = Measure()
    for token in _TOKEN.findall(text):
        if token.startswith("(?"):
            raise ValueError(
                f"the regular expression {_quoted(text)} has a comment or the flag x; leave them "
                "out"
            )
        if token == "(":
            outer.append(before + last)
            before = last = Measure()
        elif token == ")" and outer:
            before, last = outer.pop(), before + last
        elif _REPEAT.fullmatch(token):
            last = last.repeated(token)
        else:
            before, last = before + last, Measure(1)
    return before + last


def _compile(text: str) -> Any:
    """Compile an expression of `re` by `regex`, whose searches can be limited in time.

    Raises:
        ValueError: it matches the empty string.
    """
    compiled = regex.compile("".join(map(_escaped, _TOKEN.findall(text))), regex.VERSION0)
    try:
        is_empty = any(
            match[0] == ""
            for probe in _PROBES
            for match in compiled.finditer(probe, timeout=LINE_SECONDS)
        )
    except (TimeoutError, MemoryError):
        raise ValueError(f"the regular expression {_quoted(text)} takes too long") from None
    if is_empty:
        raise ValueError(f"the regular expression {_quoted(text)} matches the empty string")
    return compiled


def _escaped(token: str) -> str:
    """Return a token of `re` for `regex`, to which brackets and braces mean more."""
    if token == "{":  # fuzzy matching
        return r"\{"
    if token[0] == "[" and len(token) > 1:  # classes of POSIX
        return "[" + _IN_CLASS.sub(lambda match: match[1] or r"\[", token[1:])
    return token
