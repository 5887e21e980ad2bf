"""Pieces that are given before a corpus is read: those of another run, or of a file."""

from collections.abc import Callable
from hashlib import sha256
from typing import NamedTuple

from seq2seq.text.tokenizer import Tokenizer
from seq2seq.text.tokenizer_training import TrainedTokenizer
from seq2seq.text.truecase import Truecaser


class GivenPieces(NamedTuple):
    """Tokenizers that a corpus is prepared with, in place of new ones."""

    source: Tokenizer
    target: Tokenizer  # the same object where there is one vocabulary
    truecaser: Truecaser | None = None  # of the source

    def facts(self) -> list[str]:
        """Return what prepared text depends on."""
        forms = "\n".join(self.truecaser.forms.values()) if self.truecaser else ""
        texts = (self.source.model, self.target.model, forms.encode())
        return [sha256(text).hexdigest() for text in texts]


def given_or_trained(
    given: GivenPieces | None, train: Callable[[], TrainedTokenizer]
) -> TrainedTokenizer:
    """Return the given tokenizer of the target, or what `train` trains."""
    return TrainedTokenizer(given.target, []) if given else train()
