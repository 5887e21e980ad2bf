"""Identifiers: `0x8024402C`, `sensor.temp_1`, `snake_case`, `getValue`, `--option`, `UTF-8`."""

import re
from collections.abc import Iterator

from seq2seq.text.spans.characters import WORD

DOTTED_NAME_PATTERN = re.compile(
    rf"(?<![{WORD}_])[{WORD}_]++(?:(?:\.|::|->)[{WORD}_]++)*+(?:\(\))?+",
)


IDENTIFIER_SHAPES = re.compile(
    rf"(?<![{WORD}_])(?:[0-9A-Fa-f]{{8}}-(?:[0-9A-Fa-f]{{4}}-){{3}}[0-9A-Fa-f]{{12}}"  # a UUID
    r"|(?=[0-9]*+[a-f])(?=[a-f]*+[0-9])[0-9a-f]{7,64}+"  # a hash of a revision
    rf"|\#(?:[0-9A-Fa-f]{{8}}|[0-9A-Fa-f]{{6}}))(?![{WORD}_])"  # a colour
    rf"|(?<![{WORD}_-])--[A-Za-z][A-Za-z0-9]*+(?:[-_.][A-Za-z0-9]++)*+(?![{WORD}])"
    rf"|(?<![{WORD}_@.])@[A-Za-z0-9_]{{2,40}}+(?:/[A-Za-z0-9_-]++)?+(?![{WORD}])"
    r"|(?<![0-9A-Za-z\u00c0-\u052f_-])[A-Z][A-Z0-9]++(?:-[A-Z]++)*+(?:-[A-Z]*+[0-9]++[A-Z]*+)++"
    rf"(?![{WORD}_])"  # UTF-8, ISO-8859-1
)


UNDERSCORED_WORD = re.compile(r"[^\W_]_++[^\W_]")


INNER_CAPITAL = re.compile(r"[a-z][A-Z]")


GENDERED_WORD = re.compile(r"[a-z]In(?:nen)?$")  # LehrerInnen


NUMBERED_WORD = re.compile(r"^_*[^\W\d_]\w*?\d")


VERSION_NAME = re.compile(r"v?\d++(?:\.\d++)*+$")


HEXADECIMAL_NAME = re.compile(r"0[xX][0-9A-Fa-f]++$")


def find_identifiers(line: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each name that no ordinary word looks like.

    A word with an inner capital (`getValue`, `GitHub`) has at least four letters; a word with
    digits begins with a letter (`MP3`). Versions as `v1.2` are numbers.
    """
    for match in IDENTIFIER_SHAPES.finditer(line):
        yield match.span()
    for match in DOTTED_NAME_PATTERN.finditer(line):
        if _is_identifier(match[0]):
            yield match.span()


def _is_identifier(name: str) -> bool:
    """Return whether a word with its dots is an identifier."""
    if VERSION_NAME.match(name):
        return False
    if name.endswith("()") or "::" in name or "->" in name:
        return True
    return any(_is_code_like(segment) for segment in name.split("."))


def _is_code_like(segment: str) -> bool:
    """Return whether a word has an inner underscore or capital, or digits behind letters."""
    if UNDERSCORED_WORD.search(segment) or HEXADECIMAL_NAME.match(segment):
        return True
    if INNER_CAPITAL.search(segment) and len(segment) >= 4:
        return not GENDERED_WORD.search(segment)
    return bool(NUMBERED_WORD.match(segment))
