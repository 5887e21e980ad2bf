"""Regular expressions of Python in the syntax of JavaScript, with the same meaning.

The parser is that of `re`, which has no public name. Possessive repeats and atomic groups, which
JavaScript lacks, become a lookahead and a reference to what it found.
"""

import re
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

_WORD = r"\p{L}\p{N}_"
_SPACE = r"\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_CLASSES = {
    "CATEGORY_DIGIT": r"\p{Nd}",
    "CATEGORY_SPACE": _SPACE,
    "CATEGORY_WORD": _WORD,
    "CATEGORY_NOT_DIGIT": r"\P{Nd}",
}
_NEGATED_CLASSES = {"CATEGORY_NOT_SPACE": f"[^{_SPACE}]", "CATEGORY_NOT_WORD": f"[^{_WORD}]"}
_POSITIONS = {
    "AT_BEGINNING": "^",
    "AT_BEGINNING_STRING": "^",
    "AT_END": r"(?=\n?$)",
    "AT_END_STRING": "$",
    "AT_BOUNDARY": f"(?:(?<=[{_WORD}])(?![{_WORD}])|(?<![{_WORD}])(?=[{_WORD}]))",
}
_SUPPORTED_FLAGS = re.DOTALL | re.VERBOSE | re.UNICODE


def to_javascript(pattern: str, flags: int = 0) -> str:
    """Return an expression for the flag `u`; its group 1 has the name g1, and so on.

    Args:
        pattern: in the syntax of `re`.
        flags: of `re`, as of a compiled expression.

    Raises:
        ValueError: JavaScript has nothing of that kind.
    """
    parsed = import_module("re._parser").parse(pattern, flags)
    if parsed.state.flags & ~int(_SUPPORTED_FLAGS):
        raise ValueError(f"the flags of the regular expression {pattern[:40]!r}")
    return _Writer(bool(parsed.state.flags & re.DOTALL)).sequence(parsed)


class _Writer:
    """Writes the parts of a parsed expression."""

    def __init__(self, dot_is_all: bool) -> None:
        self.dot, self.count = "[^]" if dot_is_all else r"[^\n]", 0
        self.parts: Mapping[str, Callable[[Any], str]] = {
            "LITERAL": _literal,
            "NOT_LITERAL": lambda code: f"[^{_literal(code)}]",
            "ANY": lambda _: self.dot,
            "IN": _one_of,
            "AT": lambda position: _POSITIONS[str(position)],
            "BRANCH": lambda value: f"(?:{'|'.join(map(self.sequence, value[1]))})",
            "SUBPATTERN": self._group,
            "MAX_REPEAT": self._repeat,
            "MIN_REPEAT": lambda value: f"{self._repeat(value)}?",
            "POSSESSIVE_REPEAT": lambda value: self._atomic(self._repeat(value)),
            "ATOMIC_GROUP": lambda value: self._atomic(self.sequence(value)),
            "ASSERT": lambda value: f"(?{_direction(value[0])}={self.sequence(value[1])})",
            "ASSERT_NOT": lambda value: f"(?{_direction(value[0])}!{self.sequence(value[1])})",
            "FAILURE": lambda _: "(?!)",
            "GROUPREF": lambda number: rf"\k<g{number}>",
        }

    def sequence(self, parsed: Any) -> str:
        """Return parts one after the other."""
        return "".join(self._part(str(kind), value) for kind, value in parsed)

    def _part(self, kind: str, value: Any) -> str:
        try:
            return self.parts[kind](value)
        except KeyError as error:
            raise ValueError(f"{error.args[0]} of a regular expression") from None

    def _group(self, value: Any) -> str:
        number, added, removed, content = value
        if added or removed:
            raise ValueError("flags of a part of a regular expression")
        return f"({f'?<g{number}>' if number else '?:'}{self.sequence(content)})"

    def _repeat(self, value: Any) -> str:
        least, most, content = value
        last = "" if str(most) == "MAXREPEAT" else most
        return f"(?:{self.sequence(content)}){{{least},{last}}}"

    def _atomic(self, content: str) -> str:
        self.count += 1
        return rf"(?=(?<a{self.count}>{content}))\k<a{self.count}>"


def _direction(value: int) -> str:
    return "<" if value < 0 else ""


def _literal(code: int) -> str:
    character = chr(code)
    return character if character.isascii() and character.isalnum() else f"\\u{{{code:x}}}"


def _one_of(items: Any) -> str:
    """Return a class of characters."""
    inside, others, is_negated = "", [], False
    for kind, value in items:
        if str(kind) == "NEGATE":
            is_negated = True
        elif str(kind) == "RANGE":
            inside += f"{_literal(value[0])}-{_literal(value[1])}"
        elif str(kind) == "LITERAL":
            inside += _literal(value)
        elif str(value) in _CLASSES:
            inside += _CLASSES[str(value)]
        else:
            others.append(_NEGATED_CLASSES[str(value)])
    if not others:
        return f"[{'^' if is_negated else ''}{inside}]"
    alternatives = "|".join([f"[{inside}]", *others] if inside else others)
    return f"(?!{alternatives})[^]" if is_negated else f"(?:{alternatives})"
