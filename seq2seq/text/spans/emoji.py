"""Emoji: single ones, skin tones, flags, keycaps, joined sequences, and `:shortcodes:`.

Ranges are those of Unicode 16, emoji-data (UTS #51), but for symbols that text uses as letters or
punctuation: (c), (r), TM and arrows are emoji with the variation selector U+FE0F only.
"""

import re
from collections.abc import Iterator

_PICTOGRAPH = (
    "[\u231a\u231b\u2328\u23cf\u23e9-\u23f3\u23f8-\u23fa\u25b6\u25c0\u25fd\u25fe"
    "\u2600-\u275a\u2761-\u2767\u2794-\u27bf\u2b1b\u2b1c\u2b50\u2b55"
    "\U0001f000-\U0001f0ff\U0001f18e\U0001f191-\U0001f19a\U0001f201-\U0001f265"
    "\U0001f300-\U0001f6ff\U0001f7e0-\U0001f7f0\U0001f90c-\U0001faff]"
)


# Shown as emoji where U+FE0F follows, else a sign of text.
_TEXT_STYLE = (
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u2199\u21a9\u21aa\u24c2\u25aa\u25ab\u25fb\u25fc"
    "\u2934\u2935\u2b05-\u2b07\u3030\u303d\u3297\u3299\U0001f170\U0001f171\U0001f17e\U0001f17f]"
)


_ELEMENT = (
    f"(?:{_PICTOGRAPH}[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]?+[\U000e0020-\U000e007f]*+"
    f"|{_TEXT_STYLE}\ufe0f)"
)


EMOJI_PATTERN = re.compile(
    f"{_ELEMENT}(?:\u200d{_ELEMENT})*+"
    "|[\U0001f1e6-\U0001f1ff]{2}"  # a flag is two letters of the regional alphabet
    "|[0-9#*]\ufe0f?+\u20e3"  # a keycap
    "|(?<![0-9A-Za-z_:/]):[a-z][a-z0-9_+-]{1,40}+:(?![0-9A-Za-z_:/])"  # :smile:
)


def find_emoji(line: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each emoji; neighbours that are not joined are several."""
    for match in EMOJI_PATTERN.finditer(line):
        yield match.span()
