"""Typing errors: a neighbouring key, two letters swapped, one doubled, one dropped."""

import re
from random import Random

from seq2seq.config.augment import AugmentOptions
from seq2seq.text.augment.pairs import Context, LinePair, change_outside, pick
from seq2seq.text.languages import base_language

_QWERTY = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_QWERTZ = ("qwertzuiop\u00fc", "asdfghjkl\u00f6\u00e4", "yxcvbnm")
_AZERTY = ("azertyuiop", "qsdfghjklm", "wxcvbn")
_RUSSIAN = ("йцукенгшщзх", "фывапролджэ", "ячсмитьбю")
_LAYOUTS = {
    **dict.fromkeys(("de", "cs", "sk", "sl", "hr", "hu"), _QWERTZ),
    "fr": _AZERTY,
    **dict.fromkeys(("ru", "uk", "be", "bg"), _RUSSIAN),
}
# Words of alphabets, where a letter is a small part of a word; shorter ones are hard to recognise.
_WORD = re.compile(r"[^\W\d_\u0900-\U0010ffff]{4,}")


def _neighbours(rows: tuple[str, ...]) -> dict[str, str]:
    """Return for each key the keys beside, above and below it."""
    keys: dict[str, str] = {}
    for number, row in enumerate(rows):
        for column, key in enumerate(row):
            beside = row[max(column - 1, 0) : column] + row[column + 1 : column + 2]
            above = rows[number - 1][column : column + 2] if number else ""
            below = "".join(rows[number + 1 : number + 2])[max(column - 1, 0) : column + 1]
            keys[key] = beside + above + below
    return keys


_NEIGHBOURS = {rows: _neighbours(rows) for rows in (_QWERTY, _QWERTZ, _AZERTY, _RUSSIAN)}


def misspell(word: str, random: Random, language: str) -> str:
    """Return `word` with one typing error after its first letter.

    A letter that the keyboard of `language` does not have is swapped, doubled or dropped.
    """
    neighbours = _NEIGHBOURS[_LAYOUTS.get(base_language(language), _QWERTY)]
    at = 1 + int(random.random() * (len(word) - 2))  # never the last: it has a letter behind it
    kind = pick(random, ("neighbour", "swap", "double", "drop"))
    letter, behind = word[at], word[at + 1]
    if kind == "neighbour" and (keys := neighbours.get(letter.lower())):
        key = pick(random, keys)
        letter = key.upper() if letter.isupper() else key
    elif kind == "double":
        letter *= 2
    elif kind == "drop":
        letter = ""
    else:
        letter, behind = behind, letter
    return word[:at] + letter + behind + word[at + 2 :]


def typos(pair: LinePair, random: Random, options: AugmentOptions, context: Context) -> LinePair:
    """Misspell a share of the words of the source, and one at least if it has any."""
    source, spans = pair.source, context.protected(pair.source)
    words = sum(
        not any(start < match.end() and match.start() < end for start, end in spans)
        for match in _WORD.finditer(source)
    )
    if not words:
        return pair
    sure, number = int(random.random() * words), -1

    def mistype(match: re.Match[str]) -> str:
        nonlocal number
        number += 1
        is_chosen = random.random() < options.typo_words or number == sure
        return misspell(match[0], random, context.source_language) if is_chosen else match[0]

    return pair._replace(
        source=change_outside(source, spans, lambda text: _WORD.sub(mistype, text))
    )
