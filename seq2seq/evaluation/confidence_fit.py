"""The fit of the confidence of a run: a file of its folder, plain and of bounded values."""

import json
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from seq2seq.config.ranges import shortened
from seq2seq.errors import RunError, TextError
from seq2seq.evaluation.calibration import MAX_BIAS, MAX_WEIGHT, Calibration
from seq2seq.storage.files import atomic_write
from seq2seq.storage.plain_json import read_plain_json
from seq2seq.text.words import find_words

WORD_WEIGHTS, LINE_WEIGHTS = 2, 1
_AROUND = re.compile(r"^[^\w]+|[^\w]+$")  # what is around a word


class ConfidenceFit(NamedTuple):
    """Calibrations of the probability that a word is right, and of the share of a line's words."""

    word: Calibration  # of the word's probability, and of the mean of its line's tokens
    line: Calibration  # of the mean probability of the line's words

    def save(self, path: Path) -> None:
        """Write the fit as JSON."""
        entries = {"word": self.word._asdict(), "line": self.line._asdict()}
        with atomic_write(path) as file:
            file.write(json.dumps(entries, indent=1) + "\n")

    @classmethod
    def load(cls, path: Path) -> "ConfidenceFit":
        """Read what `save` wrote.

        Raises:
            RunError: the file cannot be read, or is no fit: a value is missing or out of range.
        """
        try:
            entries = read_plain_json(path, max_bytes=2**16, max_depth=5)
        except TextError as error:
            raise RunError(f"{path} cannot be read: {error}") from error
        sides = (("word", WORD_WEIGHTS), ("line", LINE_WEIGHTS))
        word, line = (_calibration(path, entries, name, size) for name, size in sides)
        return cls(word, line)


def _calibration(path: Path, entries: dict[str, Any], name: str, size: int) -> Calibration:
    entry = entries.get(name)
    weights = entry.get("weights") if isinstance(entry, dict) else None
    if not isinstance(entry, dict) or not isinstance(weights, list) or len(weights) != size:
        raise RunError(
            f"{path} is no fit of confidence: {name} must have {size} weights and a bias"
        )
    for value in weights:
        _require_number(path, f"{name}.weights", value, 0, MAX_WEIGHT)
    _require_number(path, f"{name}.bias", entry.get("bias"), -MAX_BIAS, MAX_BIAS)
    return Calibration(tuple(float(value) for value in weights), float(entry["bias"]))


def _require_number(path: Path, name: str, value: object, low: float, high: float) -> None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not low <= value <= high:  # type: ignore[operator]  # NaN is not
        required = f"a number from {low:g} to {high:g}"
        raise RunError(
            f"{path} is no fit of confidence: {name} must be {required}, not {shortened(value)}"
        )


def right_words(words: Sequence[str], reference: str) -> list[bool]:
    """Return for each word of a translation whether it is right: whether the reference has it.

    A word that is there n times is right n times, the first ones. Punctuation around words does
    not count.
    """
    counts = Counter(_bare(reference[start:end]) for start, end in find_words(reference))
    right = []
    for word in map(_bare, words):
        right.append(counts[word] > 0)
        counts[word] -= 1
    return right


def _bare(word: str) -> str:
    """Return a word without the punctuation around it, which may be all of it."""
    return _AROUND.sub("", word) or word
