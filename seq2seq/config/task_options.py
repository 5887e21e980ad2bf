"""Options that a task does not use: a value other than the default would have no effect.

They are listed here and not in the tasks: options are checked before torch is imported, and a
module imports only from the layers below its own, which the tasks are not.
"""

from functools import cache
from operator import attrgetter
from typing import Any

from omegaconf import OmegaConf

from seq2seq.config.allowed_classes import shipped_targets
from seq2seq.config.paths import CONF_DIR
from seq2seq.errors import ConfigError

_NO_SEARCH = ("search", "limits")
_NO_SOURCE = ("model.encoder", "model.attention", "model.bridge", "model.tie_source_target")
_ONE_SIDE = (
    "clean", "tokenizer.joint", "tokenizer.sampling", "document_context", "augment", "protect",
)  # fmt: skip
# By `_target_` of the task: a task of another module has to check its options itself.
UNUSED_OPTIONS: dict[str, tuple[str, ...]] = {
    "seq2seq.tasks.translation.TranslationTask": ("model.vision", "batches.reset"),
    "seq2seq.tasks.language_model.LanguageModelTask": (
        *_ONE_SIDE, *_NO_SOURCE, *_NO_SEARCH, "model.vision", "heldout.validation", "heldout.test",
        "batches.tokens", "batches.shuffle_pool", "train.rdrop_alpha", "tokenizer.transforms",
        "validation.most", "fitted", "stages",
        "tokenizer.character_coverage",
    ),
    "seq2seq.tasks.captioning.CaptioningTask": (
        "clean", "heldout", "tokenizer.joint", "augment", "protect", "model.encoder",
        "model.initial_state", "model.tie_source_target", "batches.reset", "train.bptt",
        "document_context", "limits.max_length_ratio", "limits.max_source_length",
        "validation.most", "fitted", "stages",
        "tokenizer.character_coverage",
    ),
    "seq2seq.tasks.classification.ClassificationTask": (
        *_NO_SEARCH, *_ONE_SIDE, "heldout", "model.attention", "model.bridge", "model.vision",
        "model.decoder", "model.tie_source_target", "model.tie_output", "batches.reset",
        "train.bptt", "train.rdrop_alpha", "validation.most", "fitted", "stages",
        "tokenizer.character_coverage",
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
        ConfigError: an unused option has another value than its default.
    """
    task = str(config.task.get("_target_")) if isinstance(config.task, dict) else ""
    if task not in UNUSED_OPTIONS:
        return  # also for `defaults` below, which has no task
    defaults = type(config)()
    for option in UNUSED_OPTIONS[task]:
        value: Any = attrgetter(option)(config)
        if option in _BASE:
            is_changed = _differs(value, _default_node(option))
        else:
            is_changed = value != attrgetter(option)(defaults)
        if is_changed:
            name = option.replace(".", "/") if option in _BASE else option
            kind = shipped_targets("task")[task]
            raise ConfigError(f"{name} has no meaning with task={kind}: leave it as it is")


@cache
def _default_node(option: str) -> dict[str, Any]:
    file = CONF_DIR / option.replace(".", "/") / f"{_BASE[option]}.yaml"
    return dict(OmegaConf.load(file).items())


def _differs(node: dict[str, Any], base: dict[str, Any]) -> bool:
    """Return whether a node names another class, or has other values; the module is ignored."""
    classes = [str(each.get("_target_")).rpartition(".")[2] for each in (node, base)]
    options = {name for name in node.keys() & base.keys() if name != "_target_"}
    return classes[0] != classes[1] or any(node[name] != base[name] for name in options)
