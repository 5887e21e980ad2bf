"""Filters of training pairs: pure functions of a transformed pair.

Duplicates and leakage, which only show when all pairs are compared, are in `seq2seq.data.splits`.
"""

from collections.abc import Callable

from seq2seq.config.training import CleaningOptions
from seq2seq.text.normalization import display_width


def is_blank_pair(source: str, target: str, options: CleaningOptions) -> bool:
    """Return whether a side is empty."""
    del options
    return not source or not target


def is_too_long(source: str, target: str, options: CleaningOptions) -> bool:
    """Return whether a side has more characters or words than allowed."""
    if max(len(source), len(target)) > options.max_characters:
        return True
    return max(source.count(" "), target.count(" ")) >= options.max_words


def is_uneven(source: str, target: str, options: CleaningOptions) -> bool:
    """Return whether one side is many times as long as the other, in `display_width`."""
    shorter, longer = sorted((display_width(source), display_width(target)))
    return longer >= options.ratio_from and longer > options.max_ratio * max(1, shorter)


def is_copied(source: str, target: str, options: CleaningOptions) -> bool:
    """Return whether both sides are the same."""
    return not options.copies and source == target


CLEANING_RULES: dict[str, Callable[[str, str, CleaningOptions], bool]] = {
    "blank": is_blank_pair,
    "too long": is_too_long,
    "uneven lengths": is_uneven,
    "copied": is_copied,
}


def first_broken_rule(source: str, target: str, options: CleaningOptions) -> str | None:
    """Return the first of `CLEANING_RULES` that the transformed pair breaks, or None."""
    for name, rule in CLEANING_RULES.items():
        if rule(source, target, options):
            return name
    return None
