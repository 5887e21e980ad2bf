"""Attention weights of translations that are given, with teacher forcing."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from seq2seq.data.batches import pad
from seq2seq.errors import ConfigError
from seq2seq.inference.engines.cuda_graphs import CudaGraphModel
from seq2seq.inference.engines.ensemble import Ensemble
from seq2seq.inference.engines.incremental import IncrementalModel
from seq2seq.inference.engines.onnx import OnnxModel
from seq2seq.model.attention import FixedContext, NoAttention
from seq2seq.model.evaluation_mode import evaluation_mode
from seq2seq.search.beam import Beam
from seq2seq.text.special_tokens import BOS


def _networks(model: Any, previous: Any = None) -> list[tuple[Any, Any]]:
    """Return the networks that a decoding model is made of, each with its carried state."""
    if isinstance(model, Ensemble):
        each = previous.each if previous is not None else [None] * len(model.members)
        return [_networks(member, p)[0] for member, p in zip(model.members, each, strict=True)]
    while isinstance(model, IncrementalModel | CudaGraphModel):
        model = model.model
    return [(model, previous)]


def has_attention(model: Any) -> bool:
    """Return whether a network, or one of an ensemble, has attention weights."""
    return any(_has_weights(network) for network, _ in _networks(model))


def _has_weights(network: Any) -> bool:
    if isinstance(network, OnnxModel):
        return network.has_attention
    return not isinstance(network.decoder.attention, NoAttention | FixedContext)


def require_attention(search: object, model: Any) -> None:
    """Check that a network has the attention that a search needs.

    Raises:
        ConfigError: it has none.
    """
    if isinstance(search, Beam) and search.needs_attention and not has_attention(model):
        raise ConfigError(
            f"search.coverage_penalty must be 0 for a run without attention, not {search.beta:g}"
        )


@torch.inference_mode()
def attention_weights(
    model: Any,
    source: tuple[Tensor, Tensor | None],
    targets: Sequence[Sequence[int]],
    previous: Any = None,
) -> Tensor:
    """Return the attention weights (B, T, S) of targets, on the CPU.

    Those of an ensemble are the mean of the networks that have some.

    Args:
        model: for decoding; see `has_attention`.
        source: token ids (B, S), padded, and their lengths (B,), as `pad` returns them.
        targets: B sequences of at most T token ids, without BOS and EOS.
        previous: the states that the sentences started from, for document context.
    """
    target, _ = pad([[BOS, *ids] for ids in targets])
    matrices = []
    with evaluation_mode(model):
        for network, state in _networks(model, previous):
            weights = _weights(network, source, target, state)
            if weights.shape[-1]:
                matrices.append(weights[:, :-1].float().cpu())
    return torch.stack(matrices).mean(0)


def _weights(
    network: Any, source: tuple[Tensor, Tensor | None], target: Tensor, state: Any
) -> Tensor:
    """Return the weights (B, T, S) of one network, on its device."""
    if isinstance(network, OnnxModel):
        return network.forced_weights(*source, target)
    device = next(network.parameters()).device
    encoded = network.encode(source[0].to(device), source[1], state)
    weights: Tensor = network.decoder(target.to(device), encoded.state, encoded.memory).weights
    return weights
