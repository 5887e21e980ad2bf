"""Instantiation of the objects that the configuration names; no other module does it."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any, NamedTuple, TypeVar

import torch
from hydra.errors import InstantiationException
from hydra.utils import instantiate
from torch import Tensor

from seq2seq.config.allowed_classes import shipped_targets
from seq2seq.config.training import ModelOptions
from seq2seq.errors import ConfigError, RunError
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
    """The vocabulary sizes of source and target, and whether they share one vocabulary."""

    source: int
    target: int
    joint: bool


def instantiate_node(path: str, node: Any, passed: Mapping[str, Any] | None = None) -> Any:
    """Instantiate the class that the node at `path` names, with its options and `passed`.

    Raises:
        ConfigError: the class refuses its arguments. A message of the class that begins with an
            option, as in "beam_size must be positive", gets the path in front of it.
    """
    try:
        return instantiate(node, **(passed or {}), _convert_="all")
    except InstantiationException as error:
        message = " ".join(str(error.__cause__ or error).split())
        is_of_option = message.partition(" ")[0] in node
        raise ConfigError(f"{path}{'.' if is_of_option else ': '}{message}") from error


CORPUS_KINDS = {
    "ParallelCorpus": "parallel text",
    "LabelledCorpus": "lines with labels",
    "TextCorpus": "running text",
    "CaptionedImages": "images with captions",
}


def load_data(node: Any, kind: type[T]) -> tuple[T, float]:
    """Read the corpus that the node `data` names, and measure the seconds that it takes.

    Raises:
        ConfigError: the corpus is not of the `kind` that the task needs.
    """
    start = time.monotonic()
    corpus = instantiate_node("data", node)
    if not isinstance(corpus, kind):
        chosen, needed = (CORPUS_KINDS.get(k.__name__, k.__name__) for k in (type(corpus), kind))
        raise ConfigError(f"the chosen data is {chosen}, and this task learns from {needed}")
    return corpus, time.monotonic() - start


PLACEHOLDER_VOCAB_SIZE = 300  # of a network that is built before the tokenizer is trained


@contextmanager
def on_meta_device() -> Iterator[None]:
    """Build the networks of this block without memory for weights or use of random numbers.

    Wrong options are thus reported at once, before a corpus is prepared, which may take an hour.
    """
    with torch.device("meta"), torch.random.fork_rng(devices=[]):
        yield


def build_embedding(config: ModelOptions, vocab_size: int) -> Embedding:
    """Build the embedding of a vocabulary."""
    passed = {
        "vocab_size": vocab_size,
        "size": config.embedding_size,
        "word_dropout": config.word_dropout,
    }
    embedding: Embedding = instantiate_node("model.embedding", config.embedding, passed)
    return embedding


def build_cells(config: ModelOptions, input_sizes: list[int], size: int) -> list[Cell]:
    """Build cells with `size` hidden units, one for each of `input_sizes`."""
    cells: list[Cell] = [
        instantiate_node("model.cell", config.cell, {"input_size": input_size, "size": size})
        for input_size in input_sizes
    ]
    scale_input_weights(config, *(w for cell in cells for w in cell.weights_of_small_inputs()))
    return cells


@torch.no_grad()
def scale_input_weights(config: ModelOptions, *weights: Tensor) -> None:
    """Multiply initial input weights by `model.input_gain`."""
    for weight in weights:
        weight.mul_(config.input_gain)


def build_decoder(
    config: ModelOptions, target: Embedding, dropout: Dropout, memory_size: int
) -> Decoder:
    """Build a decoder, whose attention, if any, reads a memory of size M = `memory_size`."""
    size = config.decoder.size
    passed = {"query_size": size, "memory_size": memory_size}
    attention: Attention = instantiate_node("model.attention", config.attention, passed)
    upper_input_size = size + attention.context_size
    input_sizes = [config.embedding_size] + [upper_input_size] * (config.decoder.layers - 1)
    stack = Stack(build_cells(config, input_sizes, size), dropout, config.residual)
    decoder = Decoder(target, stack, attention, size)
    scale_input_weights(config, decoder.readout.weight, *attention.input_weights())
    return decoder


def build_language_model(config: ModelOptions, vocab_size: int) -> LanguageModel:
    """Build a language model, a decoder on its own, with new weights."""
    target = build_embedding(config, vocab_size)
    dropout = Dropout(config.dropout, config.variational)
    decoder = build_decoder(config, target, dropout, memory_size=0)
    shape = (config.decoder.layers, decoder.stack.cells[0].num_states, config.decoder.size)
    initial = instantiate_node("model.initial_state", config.initial_state, {"shape": shape})
    return LanguageModel(decoder, OutputLayer(target, config.tie_output), initial)


def build_captioner(config: ModelOptions, vision: Any, vocab_size: int) -> EncoderDecoder:
    """Build a decoder after the image backbone `vision`, with new weights."""
    dropout = Dropout(config.dropout, config.variational)
    target = build_embedding(config, vocab_size)
    size = config.decoder.size
    encoder = ImageEncoder(vision, vision.positions, vision.size, size, dropout)
    decoder = build_decoder(config, target, dropout, memory_size=size)
    num_states = decoder.stack.cells[0].num_states
    sizes = {"source": (1, 1, size), "target": (config.decoder.layers, num_states, size)}
    bridge = instantiate_node("model.bridge", config.bridge, sizes)
    return EncoderDecoder(encoder, bridge, decoder, OutputLayer(target, config.tie_output))


def build_encoder(config: ModelOptions, source: Embedding, dropout: Dropout) -> Encoder:
    """Build the encoder of source sentences."""
    enc = config.encoder
    directions = 2 if enc.bidirectional else 1
    input_sizes = [config.embedding_size] + [directions * enc.size] * (enc.layers - 1)
    layers = [build_cells(config, [n] * directions, enc.size) for n in input_sizes]
    shape = (enc.layers, directions, layers[0][0].num_states, enc.size)
    initial = instantiate_node("model.initial_state", config.initial_state, {"shape": shape})
    return Encoder(source, layers, initial, dropout, config.residual)


def build_classifier(config: ModelOptions, vocab_size: int, classes: int) -> Classifier:
    """Build a classifier, an encoder and a softmax over classes, with new weights."""
    dropout = Dropout(config.dropout, config.variational)
    encoder = build_encoder(config, build_embedding(config, vocab_size), dropout)
    size = config.encoder.size * (2 if config.encoder.bidirectional else 1)
    return Classifier(encoder, ClassificationHead(size, classes), dropout)


def build_translation(
    config: ModelOptions, vocabulary: VocabSizes, context: str = "none"
) -> EncoderDecoder:
    """Build an encoder-decoder for translation with new weights.

    Args:
        config: the options of the network.
        vocabulary: the sizes of the vocabularies.
        context: the option `document_context`: none or carry.

    Raises:
        ConfigError: options do not fit together, such as the sizes of encoder and decoder states.
    """
    if config.tie_source_target and not vocabulary.joint:
        raise ConfigError("model.tie_source_target=true needs one vocabulary: tokenizer.joint=true")
    dropout = Dropout(config.dropout, config.variational)
    source = build_embedding(config, vocabulary.source)
    target = source if config.tie_source_target else build_embedding(config, vocabulary.target)
    encoder = build_encoder(config, source, dropout)
    enc, dec = config.encoder, config.decoder
    num_states = encoder.layers[0][0].num_states
    memory_size = enc.size * len(encoder.layers[0])  # directions concatenated
    sizes = {
        "source": (enc.layers, num_states, memory_size),
        "target": (dec.layers, num_states, dec.size),
    }
    bridge = instantiate_node("model.bridge", config.bridge, sizes)
    decoder = build_decoder(config, target, dropout, memory_size)
    gate = ContextGate(sizes["target"]) if context == "carry" else None
    return EncoderDecoder(encoder, bridge, decoder, OutputLayer(target, config.tie_output), gate)


def task_kind(target: str) -> str:
    """Return the kind of system of a task: the name of its file in conf/task, or its `inference`.

    Raises:
        RunError: there is no such class, or it names no kind.
    """
    if kind := shipped_targets("task").get(target):
        return kind
    module, _, name = target.rpartition(".")
    try:
        task = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise RunError(f"there is no task {target}: {error}") from error
    if not isinstance(kind := getattr(task, "inference", None), str):
        raise RunError(f"the task {target} names no kind of system in `inference`")
    return kind
