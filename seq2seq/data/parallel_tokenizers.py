"""Tokenizers of parallel text: one for both sides, or one for each."""

from collections.abc import Callable, Iterator, Sequence

from seq2seq.config.training import TokenizerOptions
from seq2seq.text.given_pieces import GivenPieces, given_or_trained
from seq2seq.text.tokenizer import Tokenizer
from seq2seq.text.tokenizer_training import PieceOptions, TrainedTokenizer, train_tokenizer
from seq2seq.text.transforms import TextTransforms


def train_tokenizers(
    read: Callable[[], Iterator[tuple[str, str]]],
    options: TokenizerOptions,
    count: int,
    symbols: Sequence[str],
    given: GivenPieces | None = None,
) -> tuple[Tokenizer, Tokenizer, list[str]]:
    """Return the tokenizers of both sides, and notices about them.

    Args:
        read: returns the source and target of each training pair, once for each tokenizer.
        options: of the tokenizers.
        count: number of pairs.
        symbols: texts that are always tokens of their own.
        given: tokenizers to use, perhaps extended; None: new ones are trained.

    Raises:
        TextError: `options.vocab_size` does not fit the text.
    """
    transform = TextTransforms(options.transforms)

    def lines(*names: str) -> Iterator[str]:
        chosen = [("source", "target").index(name) for name in names]
        for pair in read():
            for side in chosen:
                yield transform(pair[side])

    pieces = PieceOptions(options.character_coverage, options.split_digits)

    def made(*names: str) -> TrainedTokenizer:
        def train() -> TrainedTokenizer:
            return train_tokenizer(
                lines(*names),
                options.kind,
                options.vocab_size,
                count * len(names),
                count,
                symbols=symbols,
                pieces=pieces,
            )

        return given_or_trained(given, train, names[-1])

    if options.joint if given is None else given.source is given.target:
        both = made("source", "target")
        return both.tokenizer, both.tokenizer, both.notices
    source, target = made("source"), made("target")
    notices = [f"source: {n}" for n in source.notices] + [f"target: {n}" for n in target.notices]
    return source.tokenizer, target.tokenizer, notices
