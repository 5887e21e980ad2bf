"""Checks of translated lines: what a translation keeps of its source, and whether it stammers.

The rules share no code with the package, which is what they judge.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

UNSPACED = {"ja", "zh", "cmn", "yue", "wuu", "nan", "lzh", "th", "lo", "km", "my", "bo"}
PLACEHOLDER = re.compile(
    r"\{\{\s*\w+\s*\}\}|\$\{\w+\}|\{\w*\}|%\(\w+\)[a-z]|%(?:\d+\$)?[sdif@](?![^\W\d_])|%\w+%"
)
SPAN = re.compile(rf"{PLACEHOLDER.pattern}|https?://\S+|\S+@\S+\.\w+|</?\w[^<>]*>|`[^`]+`")
NUMBER = re.compile(r"\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?!\d)|\d+(?:[.,:'\u2019\u066b\u066c]\d+)*")
CATEGORIES = {"zero", "one", "two", "few", "many", "other"}  # of plurals, in CLDR
ICU_HEAD = re.compile(r"\{\s*(\w+)\s*,\s*(plural|selectordinal|select)\s*,")
ICU_KEY = re.compile(r"\s*(=?\w+)\s*\{")


def base_language(language: str) -> str:
    """Return `zh` of zh-Hans, zh_TW and the like."""
    return re.split("[-_]", language)[0].lower()


def have_case(lines: Sequence[str]) -> bool:
    """Return whether most letters of some lines have a capital and a small form."""
    letters = [letter for line in lines for letter in line if letter.isalpha()]
    return 2 * sum(letter.upper() != letter.lower() for letter in letters) > len(letters)


def numbers(line: str) -> Counter[str]:
    """Return the digits of each number of a line; what is in a URL or placeholder is none."""
    return Counter(
        "".join(str(unicodedata.digit(c)) for c in match if c.isdigit())
        for match in NUMBER.findall(SPAN.sub(" ", line))
    )


def keeps_numbers(source: str, translation: str, reference: str) -> bool | None:
    """Return whether the numbers that source and reference share are in a translation.

    None where they share none: a number that the reference spells out need not be kept.
    """
    needed = numbers(source) & numbers(reference)
    return needed <= numbers(translation) if needed else None


def keeps_markup(source: str, translation: str, span: tuple[str, str]) -> bool:
    """Return whether both parts of a span are as often in the translation, and in their order."""
    before, after = span
    if any(translation.count(part) != source.count(part) for part in span if part):
        return False
    return not after or translation.find(before) < translation.rfind(after)


def shared_word(source: str, reference: str) -> str | None:
    """Return a word of three letters or more that is once in both, as names are.

    A word within a placeholder, URL or tag is none.
    """
    words, others = (
        Counter(re.findall(r"\w+", SPAN.sub(" ", line))) for line in (source, reference)
    )
    in_spans = set(re.findall(r"\w+", " ".join(SPAN.findall(source))))
    alike = (
        word
        for word, count in words.items()
        if len(word) > 2 and count == others[word] == 1 and word not in in_spans
    )
    return next(alike, None)


def repeats(line: str, language: str) -> bool:
    """Return whether 1 to 4 words come twice in a row, or 4 words in a row twice.

    Where words have no blanks between them: 4 to 12 characters, and 12 characters.
    """
    unspaced = base_language(language) in UNSPACED
    words = list(line.lower()) if unspaced else line.lower().split()
    shortest, longest = (4, 12) if unspaced else (1, 4)
    for size in range(shortest, longest + 1):
        for at in range(len(words) - 2 * size + 1):
            if words[at : at + size] == words[at + size : at + 2 * size]:
                return True
    grams = [tuple(words[at : at + longest]) for at in range(len(words) - longest + 1)]
    return len(set(grams)) < len(grams)


class Message(NamedTuple):
    """An ICU message with one argument."""

    argument: str
    kind: str
    branches: dict[str, str]


def icu_message(one: str, other: str, is_plural: bool) -> str:
    """Return a plural or select message with two branches."""
    if is_plural:
        return f"{{count, plural, one {{{one}}} other {{{other} (#)}}}}"
    return f"{{gender, select, female {{{one}}} other {{{other}}}}}"


def parse_icu(message: str) -> Message | None:
    """Return a plural or select message, or None if it is none or has an unclosed brace."""
    head = ICU_HEAD.match(message)
    if not head:
        return None
    branches, position = {}, head.end()
    while key := ICU_KEY.match(message, position):
        depth, position = 1, key.end()
        while depth and position < len(message):
            depth += {"{": 1, "}": -1}.get(message[position], 0)
            position += 1
        if depth:
            return None
        branches[key[1]] = message[key.end() : position - 1]
    is_whole = message[position:].strip() == "}" and "other" in branches
    return Message(head[1], head[2], branches) if is_whole else None


def keeps_icu(source: Message, translation: Message | None) -> bool:
    """Return whether a message has the argument, branches and number signs of its source.

    A plural may have more categories, of those that CLDR names.
    """
    if translation is None or translation[:2] != source[:2]:
        return False
    more = set(translation.branches) - set(source.branches)
    if set(source.branches) - set(translation.branches) or (
        more and (source.kind == "select" or more - CATEGORIES)
    ):
        return False
    return all(
        branch.count("#") == source.branches.get(key, source.branches["other"]).count("#")
        for key, branch in translation.branches.items()
    )


def edges(line: str) -> tuple[str, str]:
    """Return the blanks that a line begins and ends with."""
    inner = line.strip()
    at = line.find(inner)
    return line[:at], line[at + len(inner) :]
