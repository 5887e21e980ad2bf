"""Numbers: integers, decimals, thousands, dates, times and versions. Sign and unit stay outside."""

import re
from collections.abc import Iterator

from seq2seq.text.spans.characters import WORD

_SEPARATOR = r"[.,:/'\u2019\u066b\u066c\u00a0\u2009\u202f\uff0c\uff0e\uff1a]"


_UNIT = (
    r"(?:[µnmck]?m|[mk]?g|[mcd]?l|[kKMGT]i?[Bb]|[kMG]?Hz|k?Wh?|k?V|m?Ah?|px|p?t|r?em|dpi|fps"
    r"|[nµm]?s|min|h|x|k|K|er)"
)


# A number that begins behind another and its separator would be the end of a longer one.
NUMBER_PATTERN = re.compile(
    rf"(?<![{WORD}_])(?<!\d{_SEPARATOR})(?:[vV](?=\d))?+"
    r"(?:\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?+)?+(?:Z|[+-]\d\d:?\d\d)?+)?+"
    r"|\d++[x\u00d7]\d++(?:[x\u00d7]\d++)?+"  # 1680x1050
    rf"|\d++(?:{_SEPARATOR}\d++)*+(?:[eE][+-]?\d++)?+)"
    rf"(?=(?:{_UNIT})?+(?![{WORD}_]))"
)


def find_numbers(line: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each number; digits within a word are none, but before a unit."""
    for match in NUMBER_PATTERN.finditer(line):
        yield match.span()
