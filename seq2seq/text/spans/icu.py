"""Messages of ICU MessageFormat: the parser.

The syntax is that of ICU 4.8 and later (apostrophe mode DOUBLE_OPTIONAL): `''` is an apostrophe;
one before `{` or `}`, or before `#` directly in a plural branch, quotes up to the next.
https://unicode-org.github.io/icu/userguide/format_parse/messages/
"""

import re
from typing import NamedTuple

from seq2seq.text.spans.icu_tree import (
    CATEGORIES,
    CHOICES,
    FORMATS,
    PLURALS,
    Argument,
    Branch,
    Choice,
    Message,
    Part,
    Pound,
    Text,
)

MAX_CHOICE_DEPTH = 20  # choices within each other


class _Content(NamedTuple):
    """A parsed message, and the index behind it."""

    message: Message
    end: int


_SPACE = r"[\s\u200e\u200f]*+"


_NAME = re.compile(rf"{_SPACE}([\w.\-$@]++){_SPACE}")


_KIND = re.compile(rf"{_SPACE}([A-Za-z]++){_SPACE}")


_OFFSET = re.compile(rf"{_SPACE}offset{_SPACE}:{_SPACE}(\d{{1,9}}+)")


_SELECTOR = re.compile(rf"({_SPACE})(=\d{{1,18}}+|[^\s{{}}',#=]++)({_SPACE})\{{")


_OPENING = re.compile(
    rf"\{{{_SPACE}[\w.\-$@]++{_SPACE},{_SPACE}(?:{'|'.join((*CHOICES, *FORMATS))})\b"
)


def parse(line: str) -> Message | None:
    """Parse a message.

    Returns:
        The tree; None where `line` has no argument with a type, so that it may be no message of
        ICU at all: a plain `{name}` is a placeholder.

    Raises:
        ValueError: a message that begins an argument with a type and is wrong; the error gives
            the position, from 1 on.
    """
    if not _OPENING.search(line):
        return None
    content = _parse_message(line, 0, 0, None)
    if content.end < len(line):
        raise _error(content.end, "a } closes nothing")
    has_type = any(
        isinstance(part, Choice) or (isinstance(part, Argument) and part.format is not None)
        for part in content.message.parts
    )
    return content.message if has_type else None  # it was quoted


def _error(index: int, problem: str) -> ValueError:
    return ValueError(f"ICU message, position {index + 1}: {problem}")


def _parse_message(line: str, index: int, depth: int, parent: str | None) -> _Content:
    """Parse up to the } that closes the branch, or to the end of the line at depth 0."""
    parts: list[Part] = []
    while index < len(line) and line[index] != "}":
        if line[index] == "{":
            part, index = _parse_argument(line, index, depth)
            parts.append(part)
        elif line[index] == "#" and parent in PLURALS:
            parts.append(Pound())
            index += 1
        else:
            text = _parse_text(line, index, parent in PLURALS)
            parts.append(text)
            index += len(text.raw)
    return _Content(Message(tuple(parts)), index)


def _parse_text(line: str, start: int, in_plural: bool) -> Text:
    """Parse text, with its quotes, up to the next argument, # or }."""
    syntax = "{}#" if in_plural else "{}"
    plain = re.compile(f"[^'{syntax}]++")
    value: list[str] = []
    index, is_quoted = start, False
    while index < len(line):
        if line.startswith("''", index):
            value.append("'")
            index += 2
        elif line[index] == "'":
            is_syntax = line[index + 1 : index + 2] in syntax and index + 1 < len(line)
            if is_quoted or is_syntax:
                is_quoted = not is_quoted
            else:
                value.append("'")
            index += 1
        elif is_quoted or line[index] not in syntax:
            match = plain.match(line, index)
            value.append(match[0] if match else line[index])
            index += len(value[-1])
        else:
            break
    return Text(line[start:index], "".join(value))


def _parse_argument(line: str, start: int, depth: int) -> tuple[Argument | Choice, int]:
    """Parse an argument from its { on; return it with the index behind its }."""
    name = _NAME.match(line, start + 1)
    if not name:
        raise _error(start + 1, "the name of an argument is missing")
    if line.startswith("}", name.end()):
        return Argument(line[start : name.end() + 1], name[1], None), name.end() + 1
    if not line.startswith(",", name.end()):
        raise _error(name.end(), f"a comma or }} is missing behind the argument {name[1]!r}")
    kind = _KIND.match(line, name.end() + 1)
    if not kind:
        raise _error(name.end() + 1, f"the type of the argument {name[1]!r} is missing")
    if kind[1] in CHOICES:
        if not line.startswith(",", kind.end()):
            raise _error(kind.end(), f"a comma is missing behind {kind[1]}")
        return _parse_choice(line, start, kind.end() + 1, (name[1], kind[1]), depth)
    if kind[1] not in FORMATS:
        raise _error(kind.start(1), f"there is no type {kind[1]!r}")
    end = kind.end() + len(_parse_style(line, kind.end()))
    if not line.startswith("}", end):
        raise _error(end, f"the }} of the argument {name[1]!r} is missing")
    return Argument(line[start : end + 1], name[1], kind[1]), end + 1


def _parse_style(line: str, start: int) -> str:
    """Return the style of a format from its comma on, with quotes and nested braces.

    It is empty where no comma stands.
    """
    if not line.startswith(",", start):
        return ""
    index, depth, is_quoted = start, 0, False
    while index < len(line):
        character = line[index]
        if character == "'":
            is_quoted = not is_quoted
        elif not is_quoted and character == "{":
            depth += 1
        elif not is_quoted and character == "}":
            if depth == 0:
                break
            depth -= 1
        index += 1
    return line[start:index]


def _parse_choice(
    line: str, start: int, index: int, named: tuple[str, str], depth: int
) -> tuple[Choice, int]:
    """Parse the branches of a choice that begins at `start`, from `index` on."""
    if depth == MAX_CHOICE_DEPTH:
        raise _error(start, f"more than {MAX_CHOICE_DEPTH} choices are within each other")
    name, kind = named
    offset = _OFFSET.match(line, index) if kind in PLURALS else None
    head_end = offset.end() if offset else index
    branches: dict[str, Branch] = {}
    index = head_end
    while selector := _SELECTOR.match(line, index):
        _check_selector(selector, kind, selector[2] in branches)
        content = _parse_message(line, selector.end(), depth + 1, kind)
        if content.end == len(line):
            raise _error(selector.end() - 1, f"the branch {selector[2]!r} of {name!r} has no }}")
        lead, name_of_branch, gap = selector.groups()
        branches[name_of_branch] = Branch(lead, name_of_branch, gap, content.message)
        index = content.end + 1
    tail = re.compile(rf"{_SPACE}\}}").match(line, index)
    if not tail:
        blanks = re.compile(_SPACE).match(line, index)
        problem = f"a branch or the }} of {name!r} is missing"
        raise _error(blanks.end() if blanks else index, problem)
    if "other" not in branches:
        raise _error(start, f"{name!r} has no branch 'other'")
    value = int(offset[1]) if offset else 0
    choice = Choice(line[start:head_end], name, kind, value, tuple(branches.values()), tail[0])
    return choice, tail.end()


def _check_selector(selector: re.Match[str], kind: str, is_known: bool) -> None:
    """Raise an error for a selector that its choice cannot have."""
    if is_known:
        raise _error(selector.start(2), f"the branch {selector[2]!r} occurs twice")
    is_number = selector[2].startswith("=")
    if kind in PLURALS and not is_number and selector[2] not in CATEGORIES:
        known = ", ".join(CATEGORIES)
        raise _error(
            selector.start(2), f"{selector[2]!r} is no plural category ({known}) and no number =N"
        )
    if kind == "select" and is_number:
        raise _error(selector.start(2), "a select has no branch for a number")
