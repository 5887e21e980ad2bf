"""Kinds of doubtful text in training pairs: the letters of a pair alone tell."""

import re
from collections import Counter
from collections.abc import Callable

from ftfy import badness, fix_encoding

from seq2seq.data.entities import entities_of
from seq2seq.text.spans.emoji import find_emoji
from seq2seq.text.spans.finding import HINTS

MIN_LETTERS = 10  # of a side, for capitals to count
CAPITALS_SHARE = 0.7  # of the letters with two forms
MIN_WORDS = 6  # of a side, for repetition to count
LONGEST_NUMBER = 30  # digits
_SEPARATED = re.compile(r"\d+(?:[.,:\u00a0\u202f'\u2019]\d+)*")
_HAS_DIGIT = re.compile(r"\d")
# Of Latin, Greek and Cyrillic; a line in capitals has some.
_TWO_CAPITALS = re.compile("[A-Z\u00c0-\u00de\u0386-\u03ab\u0400-\u042f]{2}")
_HAS_EMOJI = HINTS["emoji"]
# A letter in a wrong encoding is two characters or more, the second perhaps a no-break space that
# became a plain one; or one of C1.
_MAY_BE_MOJIBAKE = re.compile("[^\0-\x7f][^\0-\x1f!-\x7f]|[\x80-\x9f]")


def has_mojibake(source: str, target: str) -> bool:
    """Return whether a side was decoded in a wrong encoding, as `ftfy` tells, or lost letters."""
    return any(not text.isascii() and _is_mojibake(text) for text in (source, target))


def _is_mojibake(text: str) -> bool:
    if "\ufffd" in text:
        return True
    if not _MAY_BE_MOJIBAKE.search(text):
        return False
    return bool(badness.is_bad(text)) and fix_encoding(text) != text


def has_entities(source: str, target: str) -> bool:
    """Return whether a side holds character references of HTML."""
    return bool(entities_of(source) or entities_of(target))


def differ_in_numbers(source: str, target: str) -> bool:
    """Return whether the numbers of the sides differ; a number that is a word on one side does."""
    if not (_HAS_DIGIT.search(source) or _HAS_DIGIT.search(target)):
        return False
    written = [_SEPARATED.findall(text) for text in (source, target)]
    return written[0] != written[1] and _values(written[0]) != _values(written[1])


def _values(written: list[str]) -> Counter[str]:
    """Return numbers as texts without separators and leading zeros, in digits of ASCII."""
    found = ("".join(c for c in number if c.isdecimal()) for number in written)
    return Counter(str(int(n)) if len(n) <= LONGEST_NUMBER else n for n in found)


def differ_in_emoji(source: str, target: str) -> bool:
    """Return whether the emoji of the sides differ, in whatever order."""
    if not (_HAS_EMOJI.search(source) or _HAS_EMOJI.search(target)):
        return False
    one, other = (
        Counter(text[start:end].replace("\ufe0f", "") for start, end in find_emoji(text))
        for text in (source, target)
    )
    return one != other


def is_stammered(source: str, target: str) -> bool:
    """Return whether half of the words of a side are repetitions, as machines that fail write."""
    for text in (source, target):
        words = text.lower().split()
        if len(words) >= MIN_WORDS and 2 * len(set(words)) <= len(words):
            return True
    return False


def is_in_capitals(source: str, target: str) -> bool:
    """Return whether most letters of a side that have two forms are capitals."""
    for text in (source, target):
        if len(text) >= MIN_LETTERS and _TWO_CAPITALS.search(text):
            capitals = sum(map(str.isupper, text))
            small = sum(map(str.islower, text))
            if capitals >= max(MIN_LETTERS, CAPITALS_SHARE * (capitals + small)):
                return True
    return False


# In the order in which they are counted.
KINDS_OF_PAIRS: dict[str, Callable[[str, str], bool]] = {
    "mojibake": has_mojibake,
    "entities": has_entities,
    "numbers": differ_in_numbers,
    "emoji": differ_in_emoji,
    "capitals": is_in_capitals,
    "repetition": is_stammered,
}
