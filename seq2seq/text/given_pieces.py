"""Pieces that are given before a corpus is read: those of another run, or of a file."""

from collections.abc import Callable
from hashlib import sha256
from typing import NamedTuple

from seq2seq.text.tokenizer import Tokenizer
from seq2seq.text.tokenizer_training import TrainedTokenizer
from seq2seq.text.truecase import Truecaser
from seq2seq.text.vocabulary_extension import extend_vocabulary


class GivenPieces(NamedTuple):
    """Tokenizers that a corpus is prepared with, in place of new ones."""

    source: Tokenizer
    target: Tokenizer  # the same object where there is one vocabulary
    truecaser: Truecaser | None = None  # of the source
    extend: bool = False  # by the pieces of the corpus that they lack

    def facts(self) -> list[object]:
        """Return what prepared text depends on."""
        forms = "\n".join(self.truecaser.forms.values()) if self.truecaser else ""
        texts = (self.source.model, self.target.model, forms.encode())
        return [*(sha256(text).hexdigest() for text in texts), self.extend]


def given_or_trained(
    given: GivenPieces | None, train: Callable[[], TrainedTokenizer], side: str = "target"
) -> TrainedTokenizer:
    """Return the given tokenizer of a side, perhaps extended by what `train` trains, or that."""
    if given is None:
        return train()
    tokenizer: Tokenizer = getattr(given, side)
    if not given.extend:
        return TrainedTokenizer(tokenizer, [])
    extended = extend_vocabulary(tokenizer, train().tokenizer)
    return TrainedTokenizer(extended.tokenizer, [extended.notice()])
