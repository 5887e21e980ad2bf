"""Addresses: URLs and e-mail addresses."""

import re
from collections.abc import Iterator

from seq2seq.text.spans.characters import WORD

# Punctuation belongs to a URL where it goes on after it, and brackets where they close in it.
# Letters are those of `WORD` only: in text without spaces nothing else shows where a URL ends.
_BODY = (
    rf"(?:[{WORD}_~#/@&=+$%-]|[.,:;!?'*|]{{1,9}}+(?=[{WORD}_~#/@&=+$%({{-])"
    rf"|\([{WORD}_~#/@&=+$%.,:;!?*-]{{0,200}}+\)|\{{[\w.$-]{{1,60}}+\}})"
)


_DOMAINS = (
    "com|org|net|edu|gov|mil|int|info|io|dev|app|ai|eu|de|at|ch|fr|uk|nl|es|it|pl|ru|cn|jp|kr|br|in"
)


URL_PATTERN = re.compile(
    rf"(?<![A-Za-z0-9+])(?:[A-Za-z][A-Za-z0-9+]{{1,14}}+://|www\.(?=[{WORD}]))"
    rf"{_BODY}++/?+"
    rf"|(?<![A-Za-z0-9+])(?:mailto|tel|sms|urn|doi|magnet):{_BODY}++"
    # A bare domain in lower case, so that a full stop without a space after it is none.
    r"|(?<![0-9A-Za-z\u00c0-\u052f_@./\\-])[a-z0-9][a-z0-9-]*+(?:\.[a-z0-9-]{2,63}+)*?"
    rf"\.(?:{_DOMAINS})(?![{WORD}_(-]|\.[{WORD}])(?::\d{{2,5}})?+(?:[/?#]{_BODY}*+)?+"
)


_LABEL = rf"[{WORD}]++(?:-++[{WORD}]++)*+"


EMAIL_PATTERN = re.compile(
    rf"(?<![{WORD}_.+%-])[{WORD}_.+%-]++@{_LABEL}(?:\.{_LABEL})++",
)


def find_urls(line: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each URL: with a scheme, from `www.`, or a domain in lower case."""
    for match in URL_PATTERN.finditer(line):
        yield match.span()


def find_emails(line: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each e-mail address."""
    for match in EMAIL_PATTERN.finditer(line):
        yield match.span()
