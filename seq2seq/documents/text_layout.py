"""Division of a text into parts of given proportions, at word borders and near punctuation.

>>> from seq2seq.documents.text_layout import divide
>>> divide("Ich habe es gesehen, und dann war es weg.", [20, 20])
['Ich habe es gesehen,', 'und dann war es weg.']
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from seq2seq.text.spans.characters import stands_without_blank

_STRONG, _WEAK = ".!?…:;。！？", ",，、–—"  # noqa: RUF001
_BONUS = {**dict.fromkeys(_STRONG, 8.0), **dict.fromkeys(_WEAK, 5.0)}  # characters of distance
_EXACT = -100.0  # the cost of a cut exactly where the proportion has it


class _Cut(NamedTuple):
    """A place between two parts: where one ends, where the next begins, and what is in front."""

    end: int
    start: int
    length: float  # visible characters in front of it, and a half where no blank is dropped
    bonus: float


def always_visible(_: str) -> bool:
    """Return True: every character is text."""
    return True


def divide(
    text: str, weights: Sequence[int], is_visible: Callable[[str], bool] = always_visible
) -> list[str]:
    """Divide a text into parts with lengths in proportion to `weights`.

    Cuts are at blanks, which are dropped, or between characters of scripts without blanks; those
    behind punctuation are preferred. Each part has a word. A text with too few words has fewer
    parts.

    Args:
        text: words; characters that are not visible, such as those of markup, have no length.
        weights: of each part: a text as long as their sum is cut where they say.
        is_visible: whether a character is text.
    """
    cuts = _cuts(text, is_visible)
    count = min(len(weights), len(cuts) + 1)
    if count < 2:
        return [text]
    total = sum(map(is_visible, text)) + 1
    shares = [weight + 1 for weight in weights]
    whole, passed, targets = sum(shares), 0, list[float]()
    for share in shares[: count - 1]:
        passed += share
        targets.append(total * passed / whole)
    parts, start = [], 0
    for cut in _best(cuts, targets):
        parts.append(text[start : cut.end])
        start = cut.start
    return [*parts, text[start:]]


def is_breaking_blank(character: str) -> bool:
    """Return whether a line may break at a character, which is a blank."""
    return character.isspace() and character not in "\u00a0\u2007\u202f"


def _cuts(text: str, is_visible: Callable[[str], bool]) -> list[_Cut]:
    """Return the cuts with words on both sides."""
    cuts, length, last, behind, blank = list[_Cut](), 0, "", 0, -1
    for index, character in enumerate(text):
        if not is_visible(character):
            continue
        if is_breaking_blank(character):
            blank = index if last and blank < 0 else blank
        else:
            if blank >= 0:
                start = blank
                while is_breaking_blank(text[start]):
                    start += 1
                cuts.append(_Cut(blank, start, length, _BONUS.get(last, 0.0)))
            elif last and _can_part(last, character):
                cuts.append(_Cut(behind, behind, length + 0.5, _BONUS.get(last, 0.0)))
            last, blank, behind = character, -1, index + 1
        length += 1
    return cuts


def _can_part(before: str, after: str) -> bool:
    """Return whether a line may break between two characters without a blank."""
    return stands_without_blank(before) and stands_without_blank(after) and after.isalnum()


def _best(cuts: Sequence[_Cut], targets: Sequence[float]) -> list[_Cut]:
    """Return as many cuts as targets, in order, with the least sum of costs."""
    count = len(cuts)
    best, choices = [0.0] * (count + 1), list[list[int]]()
    for number, target in enumerate(targets):
        row, chosen, least, where = [float("inf")] * (count + 1), [-1] * (count + 1), 0.0, -1
        for index, cut in enumerate(cuts):
            value = best[index]  # the cost of the targets before, with cuts before this one
            least, where = (value, index) if index == 0 or value < least else (least, where)
            if index < number or count - index < len(targets) - number:
                continue
            distance = abs(cut.length - target)
            cost = least + (_EXACT if distance == 0 else distance - cut.bonus)
            row[index + 1], chosen[index + 1] = cost, where
        choices.append(chosen)
        best = row
    index = min(range(count + 1), key=best.__getitem__)
    path = list[_Cut]()
    for chosen in reversed(choices):
        path.append(cuts[index - 1])
        index = chosen[index]
    return path[::-1]
