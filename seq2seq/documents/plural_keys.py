"""Plural categories that a message of a document lacks in the target language."""

from collections.abc import Collection

from seq2seq.text.spans.icu_tree import CATEGORIES
from seq2seq.text.spans.plural_categories import plural_categories


def missing_categories(
    present: Collection[str], language: str, is_ordinal: bool = False
) -> list[str]:
    """Return the categories that a language needs beside those of a message.

    The translation of `other` serves for them. Categories that the language lacks stay.

    Args:
        present: categories of the message.
        language: the target's; "" where it is not known.
        is_ordinal: for ranks, as in 1st and 2nd.
    """
    needed = (plural_categories(language, is_ordinal) if language else None) or ()
    return [name for name in needed if name not in present]


def is_plural(keys: Collection[str]) -> bool:
    """Return whether the keys of a mapping are categories of a plural."""
    if not 1 < len(keys) <= len(CATEGORIES):  # a mapping may have as many as somebody likes
        return False
    return "other" in keys and all(key in CATEGORIES for key in keys)
