"""HTML of requests: entities become characters that a network knows, and stay entities in HTML."""

import html
import re
from collections import Counter

# A comment, an instruction or a tag, with quoted values that may have any sign.
_TAG = re.compile(r"<!--.*?-->|<[!?/A-Za-z](?:[^<>\"']|\"[^\"]*\"|'[^']*')*>", re.DOTALL)
_ENTITY = re.compile(r"&(?:[A-Za-z][A-Za-z0-9]{1,31}|#\d{1,7}|#[xX][0-9A-Fa-f]{1,6});")
_BARE = re.compile(r"&(?!(?:[A-Za-z][A-Za-z0-9]{1,31}|#\d{1,7}|#[xX][0-9A-Fa-f]{1,6});)")


def readable_html(text: str) -> str:
    """Return HTML with characters in place of the entities between its tags.

    Those of signs that HTML needs (`<`, `>`, `&`) and of blanks stay: they are protected as tags.
    """
    parts, end = [], 0
    for match in _TAG.finditer(text):
        parts += [_ENTITY.sub(_character, text[end : match.start()]), match[0]]
        end = match.end()
    return "".join([*parts, _ENTITY.sub(_character, text[end:])])


def _character(match: re.Match[str]) -> str:
    found = html.unescape(match[0])
    is_sign = any(c in "<>&" or not c.isprintable() or c.isspace() for c in found)
    return match[0] if is_sign or found == match[0] else found


def valid_html(text: str, source: str) -> str:
    """Return translated HTML, with entities for signs that are of no tag of its source.

    Args:
        text: the translation.
        source: what it is a translation of.
    """
    tags = Counter(_TAG.findall(source))
    parts, end = [], 0
    for match in _TAG.finditer(text):
        if tags[match[0]] <= 0:
            continue
        tags[match[0]] -= 1
        parts += [_escaped(text[end : match.start()]), match[0]]
        end = match.end()
    return "".join([*parts, _escaped(text[end:])])


def _escaped(text: str) -> str:
    return _BARE.sub("&amp;", text).replace("<", "&lt;").replace(">", "&gt;")
