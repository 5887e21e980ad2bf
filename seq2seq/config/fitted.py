"""Options that are chosen from the text, the time and this machine, where nobody gave a value.

A file of options leaves the choice of an option open by the value `${fitted:START}`, as the recipe
`own` does: START holds until the text has been read. Whatever replaces it, on the command line or
in a file of the user's, is a value that was given. `seq2seq.training.sizing` has the rules.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from operator import attrgetter
from typing import Any, TypeVar

from omegaconf import DictConfig, OmegaConf

T = TypeVar("T")

# What the rules choose.
FITTED_OPTIONS = (
    "tokenizer.vocab_size",
    "model.embedding_size",
    "model.encoder.size",
    "model.decoder.size",
    "model.decoder.layers",
    "model.dropout",
    "batches.sentences",
    "optimizer.lr",
    "train.epochs",
    "train.ema.decay",
    "validation.interval",
)
_OPEN = re.compile(r"\$\{fitted:[^{}]*\}")


def register_resolver() -> None:
    """Let `${fitted:START}` in a file of options stand for START until a value is chosen."""
    OmegaConf.register_new_resolver("fitted", lambda start: start, replace=True)


def fitted_options(cfg: DictConfig) -> list[str]:
    """Return the dotted names of the options whose value in `cfg` is still to be chosen."""
    plain = OmegaConf.to_container(cfg, resolve=False, throw_on_missing=False)
    return [name for name, value in _leaves(plain, "") if _is_open(value)]


def _is_open(value: object) -> bool:
    return isinstance(value, str) and _OPEN.fullmatch(value) is not None


def _leaves(node: object, path: str) -> Iterator[tuple[str, object]]:
    if not isinstance(node, Mapping):
        yield path, node
        return
    for name, child in node.items():
        yield from _leaves(child, f"{path}.{name}" if path else str(name))


def option_value(config: Any, name: str) -> Any:
    """Return the value of an option, such as "optimizer.lr", of a `TrainConfig`."""
    section, _, rest = name.partition(".")
    node = attrgetter(section)(config)
    if not rest:
        return node
    return node[rest] if isinstance(node, Mapping) else option_value(node, rest)


def with_options(config: T, values: Mapping[str, Any]) -> T:
    """Return the options `config`, a dataclass, with other `values` by dotted name.

    Raises:
        ConfigError: a value is out of its range.
    """
    for name, value in values.items():
        config = _with_option(config, name, value)
    return config


def _with_option(node: Any, name: str, value: Any) -> Any:
    first, _, rest = name.partition(".")
    child = node[first] if isinstance(node, Mapping) else getattr(node, first)
    changed = _with_option(child, rest, value) if rest else value
    if isinstance(node, Mapping):
        return {**node, first: changed}
    return replace(node, **{first: changed})
