"""Character references of HTML in text, such as &apos;: a sign that it was not unescaped."""

import re
from collections import Counter
from collections.abc import Iterable
from html.entities import html5
from typing import NamedTuple

ENTITY_EXAMPLES = 3
# Text escaped once or several times (&amp;quot;), or escaped and then tokenised (& quot ;). Only
# common names count with spaces, since words may stand there.
REFERENCE = re.compile(
    r"&(?:amp;)*(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});"
    r"|& ?(?:amp|apos|quot|lt|gt|nbsp|#\d{2,5}) ?;"
)


class EntityCounts(NamedTuple):
    """Character references in some lines."""

    lines: int  # number of lines with at least one reference
    counts: dict[str, int]  # occurrences by reference, the most frequent first
    examples: list[tuple[int, str]]  # number of a line, from 1, and its text


def entities_of(line: str) -> list[str]:
    """Return the character references in a line, in their order."""
    if "&" not in line:
        return []
    return [match[0] for match in REFERENCE.finditer(line) if is_reference(match[0])]


def is_reference(text: str) -> bool:
    """Return whether HTML gives a meaning to text of the form &NAME; or &#NUMBER;."""
    name = text.replace(" ", "").removeprefix("&")
    while name.startswith("amp;") and name != "amp;":
        name = name.removeprefix("amp;")
    return name.startswith("#") or name in html5


def count_entities(lines: Iterable[str]) -> EntityCounts:
    """Count the lines with character references of HTML, and the references.

    Args:
        lines: lines of one side of a corpus.
    """
    number_of_lines, counts = 0, Counter[str]()
    examples: list[tuple[int, str]] = []
    for number, line in enumerate(lines, 1):
        if references := entities_of(line):
            number_of_lines += 1
            counts.update(references)
            if len(examples) < ENTITY_EXAMPLES:
                examples.append((number, line))
    return EntityCounts(number_of_lines, dict(counts.most_common()), examples)
