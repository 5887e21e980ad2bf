"""Estimates of the memory that options ask for, from sizes alone, and without torch.

All are lower bounds: refused options would certainly not have fitted. A recurrent layer of size H
that reads E values has g * H * (E + H) weights, with g gates (4 for LSTM, 3 for GRU).
"""

from collections.abc import Mapping
from operator import attrgetter
from typing import Any

from seq2seq.config.checking import CheckConfig
from seq2seq.config.machine import has_gpu_driver, machine_memory
from seq2seq.config.training import LengthLimits, ModelOptions, TrainConfig
from seq2seq.errors import ConfigError

FLOAT = 4  # bytes of a number in fp32
TRAINED = 4 * FLOAT  # bytes of a weight with its gradient and the two moments of Adam
GIGABYTE = 10**9
SMALLEST_VOCAB_SIZE = 260  # tokens, where the size is chosen from the text: bytes and special ones

# Gates of a cell that read its input, and those that read its state.
GATES = {
    "RNN": (1, 1),
    "GRU": (3, 3),
    "LSTM": (4, 4),
    "DeepTransition": (3, 3),
    "MinGRU": (2, 0),
    "MinLSTM": (3, 0),
    "SSRU": (2, 0),
    "LRU": (3, 3),  # the output and the gate read 2 H and H values
}
# Parts of the network of each task: embeddings, encoder, decoder.
PARTS = {
    "TranslationTask": (2, True, True),
    "LanguageModelTask": (1, False, True),
    "CaptioningTask": (1, False, True),
    "ClassificationTask": (1, True, False),
}
# The options that the size depends on; a message names the one farthest from its default.
TRAINING_SIZES = (
    "model.embedding_size", "model.encoder.size", "model.encoder.layers", "model.decoder.size",
    "model.decoder.layers", "tokenizer.vocab_size", "batches.tokens", "batches.sentences",
)  # fmt: skip
USUAL = {"tokenizer.vocab_size": 8000, "beam_size": 5, "samples": 32, "beam": 5}


def require_memory(config: Any) -> None:
    """Refuse the options of a command that need more memory than this machine has.

    Args:
        config: validated options. Training is estimated with `training_bytes`, decoding with
            `decoding_bytes`, `inspect` by the states of a fresh cell.

    Raises:
        ConfigError: the options certainly need more. The message has the option and both sizes.
    """
    if isinstance(config, TrainConfig):
        if isinstance(config, CheckConfig) and not config.steps:
            return  # no network is built
        on_cpu = config.train.device == "cpu" or not has_gpu_driver()
        needed = training_bytes(config) if on_cpu else weight_bytes(config)
        _require(needed, _largest_option(config, TRAINING_SIZES), "training")
    elif hasattr(config, "search"):
        if config.device == "cpu" or not has_gpu_driver():
            needed = decoding_bytes(config.search, config.limits, config.batch)
            search = {f"search.{n}": v for n, v in config.search.items() if n in USUAL}
            counts = {**search, "batch": config.batch}
            worst = max(counts, key=lambda n: counts[n] / USUAL.get(n.rpartition(".")[2], 128))
            _require(needed, f"{worst}={counts[worst]}", "decoding")
    elif hasattr(config, "cells"):
        needed = FLOAT * config.length * config.batch * config.size
        counts = {name: getattr(config, name) for name in ("length", "batch", "size")}
        worst = max(counts, key=lambda name: counts[name] / getattr(type(config), name))
        _require(needed, f"{worst}={counts[worst]}", "a fresh cell")


def require_memory_to_load(config: TrainConfig) -> None:
    """Refuse a network whose weights alone are larger than the memory of this machine.

    Raises:
        ConfigError: the weights are larger.
    """
    _require(weight_bytes(config), _largest_option(config, TRAINING_SIZES), "loading the network")


def training_bytes(config: TrainConfig) -> int:
    """Return the bytes of weights, gradients, Adam's moments, and the states of one batch."""
    return count_weights(config) * TRAINED + batch_bytes(config)


def weight_bytes(config: TrainConfig) -> int:
    """Return the bytes of the weights alone, in fp32."""
    return count_weights(config) * FLOAT


def count_weights(config: TrainConfig) -> int:
    """Return the number of weights, without biases, bridge, attention and readout."""
    model = config.model
    embeddings, encoder, decoder = PARTS.get(_class_of(config.task), (1, False, False))
    vocab_size = _vocab_size(config)
    tied = model.tie_source_target or embeddings == 1
    count = vocab_size * model.embedding_size * (1 if tied else 2)
    if decoder and not model.tie_output:
        count += vocab_size * model.embedding_size
    if encoder:
        directions = 2 if model.encoder.bidirectional else 1
        size, layers = model.encoder.size, model.encoder.layers
        above = cell_weights(model.cell, directions * size, size)
        count += directions * cell_weights(model.cell, model.embedding_size, size)
        count += directions * (layers - 1) * above
    if decoder:
        size, layers = model.decoder.size, model.decoder.layers
        count += cell_weights(model.cell, model.embedding_size, size)
        count += (layers - 1) * cell_weights(model.cell, size, size)
    return count


def cell_weights(cell: Mapping[str, Any], inputs: int, size: int) -> int:
    """Return the number of weights of a cell, without biases; of an unknown class, at least 1 gate.

    Args:
        cell: the node model.cell.
        inputs: E, the size of its input.
        size: H, the size of its state.
    """
    of_input, of_state = GATES.get(_class_of(cell), (1, 0))
    of_input += bool(cell.get("output_gate"))
    transitions = int(cell.get("depth", 1)) if _class_of(cell) == "DeepTransition" else 1
    return of_input * size * inputs + of_state * size * size * transitions


def batch_bytes(config: TrainConfig) -> int:
    """Return the bytes of the hidden states that one batch keeps for its backward pass.

    A batch is never larger than its sentences of `clean.max_characters` tokens on each side.
    """
    model, batches = config.model, config.batches
    _, encoder, decoder = PARTS.get(_class_of(config.task), (1, False, False))
    if not (encoder and decoder):  # of the other tasks, batches are not bounded by tokens
        return 0
    tokens = min(batches.tokens, 2 * batches.sentences * config.clean.max_characters)
    directions = 2 if model.encoder.bidirectional else 1
    read = model.embedding_size + model.encoder.layers * model.encoder.size * directions
    generated = model.embedding_size + model.decoder.layers * model.decoder.size
    return FLOAT * tokens * min(read, generated)


def decoding_bytes(
    search: Mapping[str, Any],
    limits: LengthLimits,
    batch: int,
    model: ModelOptions | None = None,
    vocab_size: int = SMALLEST_VOCAB_SIZE,
) -> int:
    """Return the bytes of the tokens, logits and hidden states of all hypotheses of a batch.

    Args:
        search: the node search, of which `beam_size`, or `samples` and `beam`, count.
        limits: limits of the length; the longest source is assumed.
        batch: B, the number of sentences translated together.
        model: model options of the run, if known.
        vocab_size: V.
    """
    sizes = [search.get(name, 0) for name in ("beam_size", "samples", "beam")]
    hypotheses = max(1, *(int(size) for size in sizes))  # K
    longest = int(limits.max_length_ratio * limits.max_source_length) + limits.max_length_extra
    states = model.decoder.layers * model.decoder.size if model else 0
    token = 8 + FLOAT  # and its log-probability
    return batch * hypotheses * (longest * token + FLOAT * (vocab_size + states))


def _vocab_size(config: TrainConfig) -> int:
    tokenizer = config.tokenizer
    if tokenizer.kind in ("char", "byte"):  # the text decides
        return SMALLEST_VOCAB_SIZE
    return tokenizer.vocab_size or SMALLEST_VOCAB_SIZE


def _class_of(node: Any) -> str:
    return str(node.get("_target_", "")).rpartition(".")[2] if isinstance(node, Mapping) else ""


def _largest_option(config: TrainConfig, names: tuple[str, ...]) -> str:
    """Return the option that is farthest above its default, with its value."""
    values = {name: attrgetter(name)(config) or 0 for name in names}
    defaults = type(config)()
    usual = {name: attrgetter(name)(defaults) or USUAL[name] for name in names}
    worst = max(values, key=lambda name: values[name] / usual[name])
    return f"{worst}={values[worst]}"


def _require(needed: int, option: str, purpose: str) -> None:
    available = machine_memory()
    if available is not None and needed > available:
        raise ConfigError(
            f"{option} is too large: {purpose} needs about {needed / GIGABYTE:.0f} GB, and this "
            f"machine has {available / GIGABYTE:.0f}"
        )
