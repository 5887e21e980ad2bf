"""Capitals, title case and lower case, by the rules of a language."""

import re
from collections.abc import Callable
from random import Random
from unicodedata import normalize

from seq2seq.config.augment import AugmentOptions
from seq2seq.text.augment.pairs import Context, LinePair, change_outside
from seq2seq.text.languages import base_language

_DOTTED_I = {"tr", "az", "crh", "tt"}  # i and I are two letters each: with and without a dot
_WORD_START = re.compile(r"(?<![\w\u0300-\u036f])(?<!\w['\u2019])[^\W\d_]")
_GREEK_ACCENT = re.compile("(?<=[\u0370-\u03ff])(\u0308?)\u0301")


def upper(line: str, language: str) -> str:
    """Return `line` in capitals; Greek ones have no accents."""
    base = base_language(language)
    if base in _DOTTED_I:
        line = line.replace("i", "\u0130")
    elif base == "el":
        line = normalize("NFC", _GREEK_ACCENT.sub(r"\1", normalize("NFD", line)))
    return line.upper()


def lower(line: str, language: str) -> str:
    """Return `line` in lower case."""
    if base_language(language) in _DOTTED_I:
        line = line.replace("\u0130", "i").replace("I", "\u0131")
    return line.lower()


def title(line: str, language: str) -> str:
    """Return `line` with a capital at the start of each word, and other letters as they are."""
    dotted = base_language(language) in _DOTTED_I

    def capital(match: re.Match[str]) -> str:
        return "\u0130" if dotted and match[0] == "i" else match[0].title()

    return _WORD_START.sub(capital, line)


def has_case(line: str) -> bool:
    """Return whether most letters of `line` have a capital and a small form."""
    letters = [letter for letter in line if letter.isalpha()]
    return 2 * sum(letter.upper() != letter.lower() for letter in letters) > len(letters)


def change_case(
    line: str, language: str, context: Context, change: Callable[[str, str], str]
) -> str:
    """Return `line` with `change` applied outside protected spans.

    A line of a script without case stays as it is, foreign words in it included.
    """
    if not has_case(line):
        return line
    return change_outside(line, context.protected(line), lambda text: change(text, language))


def capitals(pair: LinePair, _: Random, __: AugmentOptions, context: Context) -> LinePair:
    """Write both sides in capitals, so that capitals are answered in capitals."""
    sides = zip(pair, context.languages, strict=True)
    return LinePair(*(change_case(line, language, context, upper) for line, language in sides))


def title_case(pair: LinePair, _: Random, __: AugmentOptions, context: Context) -> LinePair:
    """Write both sides in title case."""
    sides = zip(pair, context.languages, strict=True)
    return LinePair(*(change_case(line, language, context, title) for line, language in sides))


def lower_case(pair: LinePair, _: Random, __: AugmentOptions, context: Context) -> LinePair:
    """Write the source in lower case: who types like that still wants a translation as it reads."""
    return pair._replace(source=change_case(pair.source, context.source_language, context, lower))
