"""Normalization of text, and keys that ignore case, spaces and punctuation."""

import re
import unicodedata

# Spaces and line breaks of every kind become a plain space.
_SPACE = re.compile(
    r"[\t\n\x0b\x0c\r\x1c-\x1f \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+"
)


# Invisible control and format characters: C0, DEL, C1, soft hyphen, zero-width space, marks
# and overrides of direction, word joiner, BOM, interlinear annotation. The joiners U+200C and
# U+200D stay: Persian, the languages of India and emoji mean something by them. Halves of
# surrogate pairs go too: they are no characters, and cannot be written as UTF-8.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]+"
)


_PUNCTUATION = re.compile(r"[\W_]+")
# Ranges of punctuation alone, which are nearly all of it that text has: no letter, no mark.
_COMMON_PUNCTUATION = re.compile(
    r"[\0-/:-@\[-`{-\xa9\xab-\xb1\xb4\xb6-\xb8\xbb\xbf\xd7\xf7\u2000-\u206f\u3000-\u3003]+"
)


def normalize(line: str) -> str:
    """Return `line` in the form that models are trained on: NFC, single spaces, nothing invisible.

    The function is idempotent.
    """
    composed = unicodedata.normalize("NFC", line)
    if composed.isprintable():  # neither invisible characters nor other spaces, as in most lines
        return (_SPACE.sub(" ", composed) if "  " in composed else composed).strip(" ")
    plain = _INVISIBLE.sub("", composed)
    # Removing a character may bring together two characters that compose.
    return _SPACE.sub(" ", unicodedata.normalize("NFC", plain)).strip(" ")


def is_blank(line: str) -> bool:
    """Return whether `line` has no visible character."""
    return not normalize(line)


def dedup_key(line: str) -> str:
    """Return a key that is equal for lines that differ only in case, spaces and punctuation.

    A line of nothing but punctuation is its own key.
    """
    if line.isascii():
        return _PUNCTUATION.sub("", line.lower()) or line
    folded = unicodedata.normalize("NFKC", line).casefold()
    return _PUNCTUATION.sub(_marks, _COMMON_PUNCTUATION.sub("", folded)) or folded


def _marks(match: re.Match[str]) -> str:
    """Return the combining marks among characters that are no letters or numbers."""
    return "".join(c for c in match[0] if unicodedata.category(c)[0] == "M")


def display_width(line: str) -> int:
    """Return the length in letters of an alphabet: an ideograph or syllable sign counts as three.

    English and Japanese of the same meaning thus have similar lengths. The signs that count as
    three take three bytes in UTF-8 and belong to no alphabet.
    """
    if not line or max(line) < "\u2e80":
        return len(line)
    return len(line) + 2 * sum("\u2e80" <= c <= "\ud7ff" or c >= "\U00020000" for c in line)
