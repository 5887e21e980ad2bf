"""Messages of ICU MessageFormat: the tree, its text, and its texts."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

PLURALS = ("plural", "selectordinal")


CHOICES = (*PLURALS, "select")


FORMATS = ("number", "date", "time", "spellout", "ordinal", "duration", "list")


CATEGORIES = ("zero", "one", "two", "few", "many", "other")


@dataclass(frozen=True)
class Text:
    """Text between arguments: `raw` with its quotes, `value` without."""

    raw: str
    value: str


@dataclass(frozen=True)
class Pound:
    """`#` in a branch of a plural: its number."""

    raw: str = "#"


@dataclass(frozen=True)
class Argument:
    """A value that is set in: `{name}`, or with a format, `{when, date, short}`."""

    raw: str
    name: str
    format: str | None


@dataclass(frozen=True)
class Branch:
    """One branch of a choice; `lead` and `gap` are the spaces around its selector."""

    lead: str
    selector: str
    gap: str
    message: "Message"


@dataclass(frozen=True)
class Choice:
    """A plural, ordinal or select; `head` goes up to the first branch, `tail` closes it."""

    head: str
    name: str
    kind: str
    offset: int
    branches: tuple[Branch, ...]
    tail: str


Part = Text | Pound | Argument | Choice


@dataclass(frozen=True)
class Message:
    """A message or the content of a branch."""

    parts: tuple[Part, ...]


Path = tuple[tuple[str, str], ...]  # name of an argument and selector, from the outermost on


def serialize(message: Message) -> str:
    """Return the text of a message: of a parsed one, the very text that was parsed."""
    return "".join(_serialize_part(part) for part in message.parts)


def iterate_texts(message: Message, path: Path = ()) -> Iterator[tuple[Path, Text]]:
    """Yield each text with its path: the name and the selector of every choice around it."""
    for part in message.parts:
        if isinstance(part, Text):
            yield path, part
        elif isinstance(part, Choice):
            for branch in part.branches:
                yield from iterate_texts(branch.message, (*path, (part.name, branch.selector)))


def quote(text: str, in_plural: bool) -> str:
    """Return `text` with quotes where it would be syntax, as the raw form of a `Text`.

    Args:
        text: to be shown as it is.
        in_plural: whether it stands directly in a branch of a plural, where `#` is syntax.
    """
    syntax = "{}#" if in_plural else "{}"

    def quote_run(run: re.Match[str]) -> str:
        doubled = run[0].replace("'", "''")
        return f"'{doubled}'" if set(run[0]) - {"'"} else doubled

    return re.sub(f"['{syntax}]+", quote_run, text)


def _serialize_part(part: Part) -> str:
    if not isinstance(part, Choice):
        return part.raw
    branches = (
        f"{branch.lead}{branch.selector}{branch.gap}{{{serialize(branch.message)}}}"
        for branch in part.branches
    )
    return "".join([part.head, *branches, part.tail])
