"""Options that a task does not use: a value other than the default would have no effect."""

from functools import cache
from operator import attrgetter
from typing import Any

from omegaconf import OmegaConf

from seq2seq.config.paths import CONF_DIR
from seq2seq.errors import ConfigError

_NO_SEARCH = ("search", "limits")
_NO_SOURCE = ("model.encoder", "model.attention", "model.bridge", "model.tie_source_target")
_ONE_SIDE = ("clean", "tokenizer.joint", "tokenizer.sampling", "document_context")
UNUSED_OPTIONS: dict[str, tuple[str, ...]] = {
    "TranslationTask": ("model.vision", "batches.reset"),
    "LanguageModelTask": (
        *_ONE_SIDE, *_NO_SOURCE, *_NO_SEARCH, "model.vision", "heldout.validation", "heldout.test",
        "batches.tokens", "batches.shuffle_pool", "train.rdrop_alpha",
    ),
    "CaptioningTask": (
        "clean", "heldout", "tokenizer.joint", "model.encoder", "model.initial_state",
        "model.tie_source_target", "batches.reset", "train.bptt", "document_context",
        "limits.max_length_ratio", "limits.max_source_length",
    ),
    "ClassificationTask": (
        *_NO_SEARCH, *_ONE_SIDE, "heldout", "model.attention", "model.bridge", "model.vision",
        "model.decoder", "model.tie_source_target", "model.tie_output", "batches.reset",
        "train.bptt", "train.rdrop_alpha",
    ),
}  # fmt: skip
# The choices of conf/base.yaml for the nodes above.
_BASE = {
    "model.attention": "none",
    "model.bridge": "projection",
    "model.initial_state": "zeros",
    "model.vision": "cnn",
    "search": "greedy",
}


def require_used_options(config: Any) -> None:
    """Refuse options of a `TrainConfig` that the chosen task does not use.

    Raises:
        ConfigError: one has another value than its default.
    """
    task = config.task.get("_target_", "") if isinstance(config.task, dict) else ""
    kind = task.rpartition(".")[2]
    if kind not in UNUSED_OPTIONS:
        return
    defaults = type(config)()
    for option in UNUSED_OPTIONS[kind]:
        value: Any = attrgetter(option)(config)
        if option in _BASE:
            is_changed = _differs(value, _default_node(option))
        else:
            is_changed = value != attrgetter(option)(defaults)
        if is_changed:
            raise ConfigError(f"{option} has no meaning for a {kind}: leave it as it is")


@cache
def _default_node(option: str) -> dict[str, Any]:
    file = CONF_DIR / option.replace(".", "/") / f"{_BASE[option]}.yaml"
    return dict(OmegaConf.load(file).items())


def _differs(node: dict[str, Any], base: dict[str, Any]) -> bool:
    """Return whether a node names another class, or has other values; the module is ignored."""
    classes = [str(each.get("_target_")).rpartition(".")[2] for each in (node, base)]
    options = {name for name in node.keys() & base.keys() if name != "_target_"}
    return classes[0] != classes[1] or any(node[name] != base[name] for name in options)
