"""Typographic quotes instead of straight ones, and the other direction."""

import re
from random import Random

from seq2seq.config.augment import AugmentOptions
from seq2seq.text.augment.pairs import Context, LinePair, change_outside
from seq2seq.text.languages import base_language

_ENGLISH = ("\u201c", "\u201d", "\u2018", "\u2019")
_GERMAN = ("\u201e", "\u201c", "\u201a", "\u2018")
_POLISH = ("\u201e", "\u201d", "\u201a", "\u2019")
_RUSSIAN = ("\u00ab", "\u00bb", "\u201e", "\u201c")
_FRENCH = ("\u00ab\u00a0", "\u00a0\u00bb", "\u201c", "\u201d")
_SWEDISH = ("\u201d", "\u201d", "\u2019", "\u2019")
# Opening and closing, double and single, of languages that do not quote as English does.
_QUOTES = {
    **dict.fromkeys(("de", "cs", "sk", "sl", "bg", "is", "lt", "et"), _GERMAN),
    **dict.fromkeys(("pl", "hu", "ro", "hr", "sr"), _POLISH),
    **dict.fromkeys(("ru", "uk", "be", "es", "it", "pt", "el", "no", "nb", "nn"), _RUSSIAN),
    "fr": _FRENCH,
    **dict.fromkeys(("sv", "fi"), _SWEDISH),
}
_DOUBLE = re.compile("[\u00ab][\u00a0\u202f ]?|[\u00a0\u202f ]?[\u00bb]|[\u201c-\u201f]")
_SINGLE = re.compile("[\u2018-\u201b\u2039\u203a]")
_STRAIGHT = re.compile(r"(?P<before>^|(?<=[\s(\[{<\u2014]))?(?P<quote>[\"'])(?P<after>(?=\w))?")


def straight(line: str) -> str:
    """Return `line` with straight quotes only."""
    return _SINGLE.sub("'", _DOUBLE.sub('"', line))


def typographic(line: str, language: str) -> str:
    """Return `line` with the typographic quotes of `language`; an apostrophe is U+2019."""
    double_open, double_close, single_open, single_close = _QUOTES.get(
        base_language(language), _ENGLISH
    )

    def quote(match: re.Match[str]) -> str:
        opens = match["before"] is not None
        if match["quote"] == '"':
            return double_open if opens else double_close
        is_apostrophe = not opens and match["after"] is not None
        return "\u2019" if is_apostrophe else single_open if opens else single_close

    return _STRAIGHT.sub(quote, line)


def quotes(pair: LinePair, _: Random, __: AugmentOptions, context: Context) -> LinePair:
    """Write the quotes of the source in their other form; the target keeps those it has."""
    source, spans = pair.source, context.protected(pair.source)
    plain = change_outside(source, spans, straight)
    if plain == source:  # one direction only: what is straight already becomes typographic
        language = context.source_language
        plain = change_outside(source, spans, lambda text: typographic(text, language))
    return pair._replace(source=plain)
