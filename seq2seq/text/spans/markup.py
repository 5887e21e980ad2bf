"""Markup of Markdown: code spans, and the markers of emphasis and links around their text."""

import re
from collections.abc import Iterator

from seq2seq.text.spans.characters import WORD

BACKTICKS = re.compile("`++")


INSIDE_WORD = re.compile(f"[{WORD}_]")


EMPHASIS_MARKER = re.compile(r"\*++|__++|~~++")


MAX_MARKER = {"*": 3, "_": 2, "~": 2}  # characters of a marker of emphasis


# What closes a link: its address with a title, or a reference, or nothing.
LINK_BRACKET = re.compile(
    r"!?\["
    r"|\](\((?:[^()\s]++|\([^()\s]*+\))*+(?:\s++\"[^\"]*+\")?+\)|\[[^\[\]\s]{1,80}+\])?+"
)


def find_code(line: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each code span: from a run of backticks to the next of its length.

    A run behind a letter opens none.
    """
    runs = [match.span() for match in BACKTICKS.finditer(line)]
    following: dict[int, int] = {}
    closing: list[int | None] = [None] * len(runs)
    for index in range(len(runs) - 1, -1, -1):
        length = runs[index][1] - runs[index][0]
        closing[index] = following.get(length)
        following[length] = index
    index = 0
    while index < len(runs):
        start, end = closing[index], runs[index][0]
        if start is None or (end > 0 and INSIDE_WORD.match(line[end - 1])):
            index += 1
            continue
        yield runs[index][0], runs[start][1]
        index = start + 1


def find_markup(line: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each marker of emphasis and links; each has a partner in the line.

    `line` has letters in the indices of code, addresses, tags and placeholders, whose characters
    are no markers.
    """
    yield from _emphasis(line)
    yield from _links(line)


def _emphasis(line: str) -> Iterator[tuple[int, int]]:
    """Yield the markers of emphasis that pair, well-nested."""
    open_markers: list[tuple[int, int]] = []
    counts: dict[str, int] = {}
    for match in EMPHASIS_MARKER.finditer(line):
        start, end = match.span()
        marker = match[0]
        if len(marker) > MAX_MARKER[marker[0]]:
            continue
        before, after = line[start - 1 : start], line[end : end + 1]
        if before.strip() and not _goes_on(marker, after) and counts.get(marker):
            while open_markers:
                opening = open_markers.pop()
                text = line[slice(*opening)]
                counts[text] -= 1
                if text == marker:
                    yield opening
                    yield start, end
                    break
        elif after.strip() and not _goes_on(marker, before):
            open_markers.append((start, end))
            counts[marker] = counts.get(marker, 0) + 1


def _goes_on(marker: str, neighbour: str) -> bool:
    """Return whether a word goes on beyond a marker, as in `2*3`, where it is no emphasis."""
    return marker not in ("~~", "**") and bool(INSIDE_WORD.match(neighbour))


def _links(line: str) -> Iterator[tuple[int, int]]:
    """Yield `[` or `![`, and `](address)`, of each link."""
    brackets: list[tuple[int, int]] = []
    for match in LINK_BRACKET.finditer(line):
        if match[0].endswith("["):
            brackets.append(match.span())
        elif brackets:
            opening = brackets.pop()
            if match[1]:
                yield opening
                yield match.span()
