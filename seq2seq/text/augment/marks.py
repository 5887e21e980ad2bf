"""Marks at the end of a line, and a final full stop that people do not type."""

import re
from random import Random

from seq2seq.config.augment import AugmentOptions
from seq2seq.text.augment.pairs import Context, LinePair

# Full stops of alphabets, Chinese and Japanese, Hindi, Urdu, Armenian, Ethiopic, Burmese. Neither
# an ellipsis nor the last of several points.
_FULL_STOP = re.compile("(?<![.\u2026\u3002])[.\u3002\uff61\uff0e\u0964\u06d4\u0589\u1362\u104b]$")
_FINAL_MARK = re.compile(
    "[.!?\u2026\u3002\uff01\uff1f\uff61\uff0e\u0964\u061f\u06d4\u0589\u1362\u104b]+$"
)


def final_mark(line: str) -> int:
    """Return the position of the marks that end `line`, or its length where there is none."""
    match = _FINAL_MARK.search(line)
    return match.start() if match else len(line)


def _full_stop(line: str, context: Context) -> int | None:
    """Return the position of a full stop that may be dropped."""
    match = _FULL_STOP.search(line)
    if not match or not line[: match.start()].strip():
        return None
    is_protected = any(end > match.start() for _, end in context.protected(line))
    return None if is_protected else match.start()


def no_final_mark(pair: LinePair, _: Random, __: AugmentOptions, context: Context) -> LinePair:
    """Drop the final full stop of both sides; where only one has it, neither loses it."""
    source, target = (_full_stop(line, context) for line in pair)
    if source is None or target is None:
        return pair
    return LinePair(pair.source[:source], pair.target[:target])
