"""Noise in the words of a sentence: dropped, blanked and shuffled ones."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from random import Random
from typing import NamedTuple

from seq2seq.config.synthesis import NoiseOptions
from seq2seq.text.spans.characters import stands_without_blank

BLANKED = "\u2423"  # stands for a word that is blanked


class _Word(NamedTuple):
    """A word, or a character of a script without blanks."""

    text: str
    is_kept: bool  # it holds a part of a span, which stays


def noised(
    text: str, options: NoiseOptions, random: Random, spans: Sequence[tuple[int, int]] = ()
) -> str:
    """Return `text` with the noise of Edunov et al. (2018), https://arxiv.org/abs/1808.09381.

    Words are deleted, replaced by `BLANKED`, and moved: of two words the first stays before the
    second if they are more than `options.swap` positions apart. A character of Chinese, Japanese or
    the like counts as a word. At least one word stays.

    Args:
        text: a sentence.
        options: how much of each kind.
        random: decides.
        spans: characters that no word is deleted or blanked of, from and to.
    """
    words = list(_words(text, spans))
    kept = [w for w in words if w.is_kept or random.random() >= options.delete] or words[:1]
    blanked = [
        w if w.is_kept or random.random() >= options.blank else w._replace(text=BLANKED)
        for w in kept
    ]
    order = list(range(len(blanked)))
    if options.swap:
        keys = [index + random.uniform(0, options.swap + 1) for index in order]
        order = sorted(order, key=keys.__getitem__)
    return _joined([blanked[index].text for index in order])


def _words(text: str, spans: Sequence[tuple[int, int]]) -> Iterator[_Word]:
    """Yield the words of a text; a span is never cut."""
    for start, end in _extents(text, spans):
        yield _Word(text[start:end], any(a < end and start < b for a, b in spans))


def _extents(text: str, spans: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield where words begin and end."""
    inside = {index for start, end in spans for index in range(start + 1, end)}
    start: int | None = None
    for index, character in enumerate(text):
        if index in inside:
            continue
        is_single = stands_without_blank(character)
        is_cut = character.isspace() or is_single
        follows_single = start is not None and stands_without_blank(text[index - 1])
        if start is not None and (is_cut or follows_single):
            yield start, index
            start = None
        if start is None and not character.isspace():
            start = index
    if start is not None:
        yield start, len(text)


def _joined(words: Sequence[str]) -> str:
    """Return words with blanks between those that have one."""
    parts = list(words[:1])
    for before, after in pairwise(words):
        if not (stands_without_blank(before[-1]) and stands_without_blank(after[0])):
            parts.append(" ")
        parts.append(after)
    return "".join(parts)
