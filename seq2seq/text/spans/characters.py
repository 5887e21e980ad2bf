"""Characters that form words in scripts with spaces, for boundaries of spans.

Word boundaries of `re` do not suit text without spaces: a Japanese particle that follows
`info@example.com` is a word character there.
"""

import re
import unicodedata

# Inside of [...]: digits, Latin, Greek and Cyrillic letters with their accents.
WORD = (
    r"0-9A-Za-z\u00aa\u00b5\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02af\u0300-\u052f"
    r"\u1e00-\u1fff"
)


# Thai, Lao, Burmese, Khmer, kana, ideographs and Hangul: a word may begin after any character.
_UNSPACED = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005-\u30ff\u3130-\u318f"
    r"\u31f0-\u9fff\uac00-\ud7ff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff]"
)


# Punctuation of Chinese and Japanese, which brings its own space.
_WIDE_PUNCTUATION = re.compile(
    r"[\u3000-\u303f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]"
)


def is_unspaced(character: str) -> bool:
    """Return whether a character is of a script without spaces between words."""
    return _UNSPACED.match(character) is not None


def stands_without_blank(character: str) -> bool:
    """Return whether a character has no blank beside it: kana, ideographs and their punctuation."""
    if "\uac00" <= character <= "\ud7ff" or "\u1100" <= character <= "\u11ff":
        return False  # Korean has blanks
    return is_unspaced(character) or _WIDE_PUNCTUATION.match(character) is not None


def is_word_character(character: str) -> bool:
    """Return whether a word goes on with `character`, in a script with spaces between words."""
    if _UNSPACED.match(character):
        return False
    return character == "_" or unicodedata.category(character)[0] in "LNM"


def is_word_boundary(line: str, index: int) -> bool:
    """Return whether no word of `line` goes on from the character before `index` to that at it."""
    if index in (0, len(line)):
        return True
    return not (is_word_character(line[index - 1]) and is_word_character(line[index]))
