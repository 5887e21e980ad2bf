"""Tokenizers as plain data, for a page that cuts pieces itself."""

from importlib import import_module
from typing import Any

from seq2seq.errors import ConfigError
from seq2seq.text.tokenizer import ByteTokenizer, Tokenizer

KINDS_OF_PIECES = {1: "unigram", 2: "bpe", 4: "char"}  # by `model_type` of SentencePiece
# The types of pieces that a page knows: normal, unknown, control, user-defined, byte.
TYPES_OF_PIECES = {1, 2, 3, 4, 6}


def describe_tokenizer(tokenizer: Tokenizer) -> dict[str, Any]:
    """Return the kind of a tokenizer, and text, score and type of each of its pieces.

    Raises:
        ConfigError: it does with text what the page does not.
    """
    if isinstance(tokenizer, ByteTokenizer):
        return {"kind": "byte"}
    # It needs the package protobuf, which comes with onnx.
    model = import_module("sentencepiece.sentencepiece_model_pb2").ModelProto.FromString(
        tokenizer.model
    )
    kind = KINDS_OF_PIECES.get(model.trainer_spec.model_type)
    normalizer = model.normalizer_spec
    types = [piece.type for piece in model.pieces]
    if kind is None or not set(types) <= TYPES_OF_PIECES:
        raise ConfigError("a page cannot cut pieces as the tokenizer of this run does")
    if (
        normalizer.precompiled_charsmap
        or normalizer.remove_extra_whitespaces
        or not normalizer.escape_whitespaces
        or model.trainer_spec.treat_whitespace_as_suffix
    ):
        raise ConfigError("the tokenizer of this run changes text, which a page does not")
    return {
        "kind": kind,
        "has_dummy_prefix": normalizer.add_dummy_prefix,
        "pieces": [piece.piece for piece in model.pieces],
        "scores": [piece.score for piece in model.pieces],
        "types": types,
    }
