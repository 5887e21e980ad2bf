"""Configuration to objects: the only place that instantiates."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeVar

import torch
from hydra.errors import InstantiationException
from hydra.utils import instantiate
from torch import Tensor

from seq2seq.config.training import ModelOptions
from seq2seq.errors import ConfigError
from seq2seq.model.attention import Attention
from seq2seq.model.cells.cell import Cell
from seq2seq.model.classifier import ClassificationHead, Classifier
from seq2seq.model.decoder import Decoder, OutputLayer
from seq2seq.model.document_context import ContextGate
from seq2seq.model.dropout import Dropout
from seq2seq.model.embeddings import Embedding
from seq2seq.model.encoder import Encoder
from seq2seq.model.encoder_decoder import EncoderDecoder
from seq2seq.model.image_encoder import ImageEncoder
from seq2seq.model.language_model import LanguageModel
from seq2seq.model.stack import Stack

T = TypeVar("T")


class VocabSizes(NamedTuple):
    """How many vocab_size each side has, and whether they are the same ones."""

    source: int
    target: int
    joint: bool


def instantiate_node(path: str, node: Any, passed: Mapping[str, Any] | None = None) -> Any:
    """What the node at `path` of the configuration names, made with its options and `passed`.

    Raises:
        ConfigError: the class refuses its arguments; the message is the class's own.
    """
    try:
        return instantiate(node, **(passed or {}), _convert_="all")
    except InstantiationException as error:
        cause = error.__cause__ or error
        raise ConfigError(f"{path}: {' '.join(str(cause).split())}") from error


CORPUS_KINDS = {
    "ParallelCorpus": "parallel text",
    "LabelledCorpus": "lines with labels",
    "TextCorpus": "running text",
    "CaptionedImages": "pictures with captions",
}


def load_data(node: Any, kind: type[T]) -> tuple[T, float]:
    """What the node `data` names, of a `kind`, and the seconds that getting hold of it took.

    Raises:
        ConfigError: it is of another kind.
    """
    began = time.monotonic()
    made = instantiate_node("data", node)
    if not isinstance(made, kind):
        found, wanted = (CORPUS_KINDS.get(k.__name__, k.__name__) for k in (type(made), kind))
        raise ConfigError(f"the chosen data is {found}, and this task learns from {wanted}")
    return made, time.monotonic() - began


PLACEHOLDER_VOCAB_SIZE = 300  # vocab_size of a network that is built before there is a vocabulary


@contextmanager
def on_meta_device() -> Iterator[None]:
    """Within this block networks are built without weights, and no random number is drawn.

    For mistakes to be told at once: preparing a corpus may take an hour.
    """
    with torch.device("meta"), torch.random.fork_rng(devices=[]):
        yield


def build_embedding(config: ModelOptions, vocab_size: int) -> Embedding:
    """What makes vectors of vocab_size."""
    passed = {
        "vocab_size": vocab_size,
        "size": config.embedding_size,
        "word_dropout": config.word_dropout,
    }
    made: Embedding = instantiate_node("model.embedding", config.embedding, passed)
    return made


def build_cells(config: ModelOptions, inputs: list[int], size: int) -> list[Cell]:
    """Cells of one size, one above the other, each reading as many values as `inputs` says."""
    made: list[Cell] = [
        instantiate_node("model.cell", config.cell, {"input_size": count, "size": size})
        for count in inputs
    ]
    scale_input_weights(config, *(cell.input_weights()[0] for cell in made))
    return made


@torch.no_grad()
def scale_input_weights(config: ModelOptions, *weights: Tensor) -> None:
    """Let weights that read vectors begin larger."""
    for weight in weights:
        weight.mul_(config.input_gain)


def build_decoder(
    config: ModelOptions, target: Embedding, dropout: Dropout, memory: int
) -> Decoder:
    """What says tokens, and reads a memory of vectors of size `memory` if it attends."""
    size = config.decoder.size
    passed = {"query_size": size, "memory_size": memory}
    attention: Attention = instantiate_node("model.attention", config.attention, passed)
    above = size + attention.context_size
    inputs = [config.embedding_size] + [above] * (config.decoder.layers - 1)
    stack = Stack(build_cells(config, inputs, size), dropout, config.residual)
    made = Decoder(target, stack, attention, size)
    scale_input_weights(config, made.readout.weight, *attention.input_weights())
    return made


def build_language_model(config: ModelOptions, vocab_size: int) -> LanguageModel:
    """A decoder on its own, with fresh weights."""
    target = build_embedding(config, vocab_size)
    made = build_decoder(config, target, Dropout(config.dropout, config.variational), 0)
    shape = (config.decoder.layers, made.stack.cells[0].num_states, config.decoder.size)
    initial = instantiate_node("model.initial_state", config.initial_state, {"shape": shape})
    return LanguageModel(made, OutputLayer(target, config.tie_output), initial)


def build_captioner(config: ModelOptions, vision: Any, vocab_size: int) -> EncoderDecoder:
    """A decoder behind `vision` (of `seq2seq.vision.backbones`), with fresh weights."""
    dropout = Dropout(config.dropout, config.variational)
    target = build_embedding(config, vocab_size)
    size, dec = config.decoder.size, config.decoder
    encoder = ImageEncoder(vision, vision.positions, vision.size, size, dropout)
    made = build_decoder(config, target, dropout, size)
    num_states = made.stack.cells[0].num_states
    sizes = {"source": (1, 1, size), "target": (dec.layers, num_states, size)}
    bridge = instantiate_node("model.bridge", config.bridge, sizes)
    return EncoderDecoder(encoder, bridge, made, OutputLayer(target, config.tie_output))


def build_encoder(config: ModelOptions, source: Embedding, dropout: Dropout) -> Encoder:
    """What reads a sentence."""
    enc = config.encoder
    directions = 2 if enc.bidirectional else 1
    inputs = [config.embedding_size] + [directions * enc.size] * (enc.layers - 1)
    layers = [build_cells(config, [count] * directions, enc.size) for count in inputs]
    shape = (enc.layers, directions, layers[0][0].num_states, enc.size)
    initial = instantiate_node("model.initial_state", config.initial_state, {"shape": shape})
    return Encoder(source, layers, initial, dropout, config.residual)


def build_classifier(config: ModelOptions, vocab_size: int, classes: int) -> Classifier:
    """An encoder and a softmax over classes, with fresh weights."""
    dropout = Dropout(config.dropout, config.variational)
    made = build_encoder(config, build_embedding(config, vocab_size), dropout)
    size = config.encoder.size * (2 if config.encoder.bidirectional else 1)
    return Classifier(made, ClassificationHead(size, classes), dropout)


def build_translation(
    config: ModelOptions, vocabulary: VocabSizes, context: str = "none"
) -> EncoderDecoder:
    """The network that `config` describes, with fresh weights, and the option `context`.

    Raises:
        ConfigError: num_states do not fit together.
    """
    if config.tie_source_target and not vocabulary.joint:
        raise ConfigError("model.tie_source_target=true needs one vocabulary: tokenizer.joint=true")
    dropout = Dropout(config.dropout, config.variational)
    source = build_embedding(config, vocabulary.source)
    target = source if config.tie_source_target else build_embedding(config, vocabulary.target)
    reading = build_encoder(config, source, dropout)
    enc, dec = config.encoder, config.decoder
    num_states, memory = reading.layers[0][0].num_states, enc.size * len(reading.layers[0])
    sizes = {
        "source": (enc.layers, num_states, memory),
        "target": (dec.layers, num_states, dec.size),
    }
    bridge = instantiate_node("model.bridge", config.bridge, sizes)
    made = build_decoder(config, target, dropout, memory)
    gate = ContextGate(sizes["target"]) if context == "carry" else None
    return EncoderDecoder(reading, bridge, made, OutputLayer(target, config.tie_output), gate)
