"""Suggestions for a mistyped option: the nearest name, or the choice that takes the option."""

import difflib
import re
from collections.abc import Iterable

from seq2seq.config.paths import CONF_DIR

# Similarity of two names, from 0 to 1, above which a name may be a slip for the other: default of
# difflib.get_close_matches.
SIMILARITY_CUTOFF = 0.6
MAX_NAMED_CHOICES = 3  # choices that a message names


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """Return `; did you mean …?` with the word of `words` that is closest to `word`, or "".

    The last part of a dotted key counts most: for train.lrr, the answer is optimizer.lr.
    """

    def similarity(other: str) -> tuple[float, float]:
        last = difflib.SequenceMatcher(None, word.rsplit(".", 1)[-1], other.rsplit(".", 1)[-1])
        return last.ratio(), difflib.SequenceMatcher(None, word, other).ratio()

    best = max((other for other in words if other != word), key=similarity, default="")
    return f"; did you mean {best}?" if best and similarity(best)[0] > SIMILARITY_CUTOFF else ""


def unknown_option(option: str, known: Iterable[str], reason: str = "") -> str:
    """Return the message about an option that is not there.

    It names the choice that takes the option, as search=beam takes `search.beam_size`, or else the
    nearest of the `known` keys.

    Args:
        option: a dotted key.
        known: the dotted keys that there are.
        reason: why it is not there, where no choice takes it.
    """
    choices = choices_with(option)
    if not choices or len(choices) > MAX_NAMED_CHOICES:
        reason = f": {reason}" if reason else ""
        return f"no option {option}{reason}{did_you_mean(option, known)}"
    if len(choices) == 1:
        return f"{option} belongs to {choices[0]}: add {choices[0]}"
    return f"{option} belongs to {', '.join(choices[:-1])} and {choices[-1]}: add one of them"


def choices_with(option: str) -> list[str]:
    """Return the choices GROUP=NAME of `conf/` that take the dotted `option`."""
    path, _, name = option.rpartition(".")
    group = path.replace(".", "/")
    if not (re.fullmatch(r"[\w/]+", group) and name.isidentifier()):
        return []
    return [
        f"{group}={file.stem}"
        for file in sorted((CONF_DIR / group).glob("*.yaml"))
        if re.search(rf"^{name}:", file.read_text(encoding="utf-8"), re.MULTILINE)
    ]
