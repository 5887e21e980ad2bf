"""Frozen parts of a network: their weights stay as they are, bit for bit."""

from collections.abc import Sequence

from torch import nn

from seq2seq.config.going_on import FREEZABLE_PARTS
from seq2seq.errors import ConfigError

# Parts by the beginning of a parameter's name, the first that fits.
_PREFIXES = {
    "decoder.attention.": "attention",
    "encoder.vision.": "vision",
    "encoder.": "encoder",
    "bridge.": "bridge",
    "decoder.": "decoder",
    "output.": "output",
    "initial.": "initial_state",
    "gate.": "document_context",
}


def parts_of(model: nn.Module) -> dict[str, list[nn.Parameter]]:
    """Return the parameters of each part of a network, parts without any left out.

    A parameter is of one part: an embedding, also where the output layer has the same weights, is
    of `embedding`.
    """
    embeddings = {
        id(p) for m in model.modules() if isinstance(m, nn.Embedding) for p in m.parameters()
    }
    parts: dict[str, list[nn.Parameter]] = {part: [] for part in FREEZABLE_PARTS}
    for name, parameter in model.named_parameters():
        if id(parameter) in embeddings:
            part = "embedding"
        else:
            part = next(p for start, p in _PREFIXES.items() if name.startswith(start))
        parts[part].append(parameter)
    return {part: of_part for part, of_part in parts.items() if any(p.numel() for p in of_part)}


def freeze(model: nn.Module, names: Sequence[str]) -> int:
    """Freeze the parts `names` of a network: no gradient, no update. Return their parameters.

    Raises:
        ConfigError: the network has no such part, or no other.
    """
    if not names:
        return 0
    parts = parts_of(model)
    for name in names:
        if name not in parts:
            raise ConfigError(
                f"train.freeze: this network has no weights of {name}, only of {', '.join(parts)}"
            )
    if not set(parts) - set(names):
        raise ConfigError("train.freeze leaves nothing to train: it names all parts of the network")
    for name in names:
        for parameter in parts[name]:
            parameter.requires_grad_(False)
    return sum(parameter.numel() for name in names for parameter in parts[name])
