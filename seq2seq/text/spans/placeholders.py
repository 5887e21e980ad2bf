"""Placeholders of programs: `{name}`, `{{x}}`, `${x}`, `%s`, `%1$d`, `%(n)s`, `$t(key)`, `:name`.

A message of ICU with branches is no placeholder; `seq2seq.text.spans.icu` parses it.
"""

import re
from collections.abc import Iterator

from seq2seq.text.spans.characters import WORD

_BRACES = r"""
      \{{2,3}[^{}]{1,200}+\}{2,3}
    | \{%[^{}%]{1,200}+%\}
    | [$\#%@]?+\{\s{0,3}+
        (?:\#?[\w$@][\w.$@/\[\]-]*+)?+
        (?:![rsa])?+
        (?: :[^{}\s]{1,40}+
          | \s{0,3}+,\s{0,3}+(?:number|date|time|spellout|ordinal|duration|list)\b[^{}']{0,60}+ )?+
        \s{0,3}+\}
"""


# A space is a flag of printf, too, but in text it stands between % and a word.
_PRINTF = rf"""
      %%
    | (?<!\d)%(?:\d{{1,2}}\$)?+0?+(?:\d{{1,3}}+|\*)?+(?:\.(?:\d{{1,3}}+|\*))?+
        (?:hh?|ll?|[jztLq])?[A-Za-z@](?![{WORD}_])
    | (?<!\d)(?<!\d\s)%(?:\d{{1,2}}\$)?+[-+0\#,]{{1,4}}+\d{{0,3}}+(?:\.\d{{1,3}}+)?+
        (?:hh?|ll?|[jztLq])?[A-Za-z@](?![{WORD}_])
    | (?<!\d)%(?:\d{{1,2}}\$)?+(?:\.\d)?+[dsfiu](?=(?:[hmsx]|ms|min|px|[kKMGT]i?B)(?![{WORD}_]))
    | (?<!\d)%\([^()\s%]{{1,60}}+\)[-+0\#,]{{0,4}}+\d{{0,3}}+(?:\.\d{{1,3}}+)?+[A-Za-z]
    | (?<!\d)%<[\w.]{{1,60}}+>[-+0\#.\d]{{0,6}}+[A-Za-z]
    | (?<!\d)%(?:[A-Z][A-Z0-9_]{{1,40}}+|(?!ll[dux]%)[a-z][a-z_]{{2,40}}+)%(?![{WORD}_])
    | (?<!\d)%L?[1-9](?![\d%$]|[.,]\d|[{WORD}_])
"""


_VARIABLES = rf"""
      \$t\([^()]{{1,200}}+\)
    | (?<![{WORD}_$])\$[A-Za-z_][A-Za-z0-9_]*+
    | (?<![{WORD}_])__[A-Z0-9]++(?:_[A-Z0-9]++)*+__(?![{WORD}_])
    | (?<![^\s("'\[>“„«\u300c\uff08]):[a-z][a-z_]++(?![{WORD}_:])
"""


PLACEHOLDER_PATTERN = re.compile(f"{_BRACES}|{_PRINTF}|{_VARIABLES}", re.VERBOSE)


def find_placeholders(line: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each placeholder.

    `:name` counts at the start of a word, in lower case and of two letters or more.
    """
    for match in PLACEHOLDER_PATTERN.finditer(line):
        yield match.span()
