"""Tags of HTML and XML, comments, processing instructions, and entity references.

Entity references as `&nbsp;` are of the kind `tag`: where tags are copied they are, too.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

# No value holds "<", so that no match goes beyond the next tag, and time is linear.
_ATTRIBUTE = (
    r"\s++[^\s\"'<>/=`]++(?:\s*+=\s*+(?:\"[^\"<]*+\"|'[^'<]*+'|\{[^{}<>]*+\}|[^\s\"'<>=`]++))?+"
)


TAG_PATTERN = re.compile(
    r"<!--(?:(?!<!--|-->).)*+-->"
    r"|<\?(?:[^<>?]|\?(?!>))*+\?>|<%(?:[^<>%]|%(?!>))*+%>"
    r"|<!\[CDATA\[|\]\]>|<![A-Za-z][^<>]*+>"
    rf"|<[A-Za-z][\w:.-]*+(?:{_ATTRIBUTE})*+\s*+/?>|</[A-Za-z][\w:.-]*+\s*+>"
    r"|</?\d{1,4}\s?/?>|</?>"  # <0>..</0> and <>..</> of interface texts
    r"|&(?:[A-Za-z][A-Za-z0-9]{1,31}|\#\d{1,7}|\#[xX][0-9A-Fa-f]{1,6});",
    re.DOTALL,
)


TAG_NAME_PATTERN = re.compile(r"<(/?)([\w:.-]*)")


# Elements of HTML that have no end tag.
VOID_ELEMENTS = (
    "area",
    "base",
    "br",
    "col",
    "embed",
    "hr",
    "img",
    "input",
    "link",
    "meta",
    "source",
    "track",
    "wbr",
)


class TagName(NamedTuple):
    """The name of a tag that opens or closes an element."""

    name: str
    is_closing: bool


def find_tags(line: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each tag, comment, instruction and entity reference."""
    for match in TAG_PATTERN.finditer(line):
        yield match.span()


def tag_name(tag: str) -> TagName | None:
    """Return name and direction of a tag; None for one that stands alone, as `<br>` or `<x/>`."""
    match = TAG_NAME_PATTERN.match(tag)
    if not match or tag.startswith(("<!", "<?", "<%")) or (tag.endswith("/>") and tag != "</>"):
        return None
    name = match[2]
    return None if name.lower() in VOID_ELEMENTS else TagName(name, bool(match[1]))
