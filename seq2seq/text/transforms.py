"""Text transforms, which are applied to a line before it is tokenised.

A run has a list of them, the option `tokenizer.transforms`: training, validation, translation and
analysis apply the same transforms in the same order.
"""

import unicodedata
from collections.abc import Callable, Iterable, Mapping

from seq2seq.config.training import DEFAULT_TRANSFORMS
from seq2seq.text.normalization import normalize

TextTransform = Callable[[str], str]

_STRAIGHT_QUOTES = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f", '"'),
    }
)


def nfkc(line: str) -> str:
    """Return `line` with compatibility forms replaced: full-width letters, ligatures, circled."""
    return unicodedata.normalize("NFKC", line)


def straight_quotes(line: str) -> str:
    """Return `line` with straight quotes in place of typographic ones."""
    return line.translate(_STRAIGHT_QUOTES)


# Add the name of a new transform to `TRANSFORM_NAMES` of `seq2seq.config.training` too.
TRANSFORMS: Mapping[str, TextTransform] = {
    "lowercase": str.lower,
    "nfkc": nfkc,
    "normalize": normalize,
    "straight_quotes": straight_quotes,
}


class TextTransforms:
    """Transforms of one run, applied one after the other."""

    def __init__(self, names: Iterable[str] = DEFAULT_TRANSFORMS) -> None:
        """Take the transforms by their names in `TRANSFORMS`, the first to be applied first.

        Raises:
            ValueError: there is no transform of such a name.
        """
        self.names = list(names)
        if unknown := [name for name in self.names if name not in TRANSFORMS]:
            raise ValueError(f"there is no text transform {unknown[0]}")
        self._transforms = [TRANSFORMS[name] for name in self.names]

    def __call__(self, line: str) -> str:
        """Return `line` as the tokenizer reads it."""
        for transform in self._transforms:
            line = transform(line)
        return line

    def apply(self, lines: Iterable[str]) -> list[str]:
        """Return each of `lines` as the tokenizer reads it."""
        return [self(line) for line in lines]
