"""Options that a run takes from the run that it begins from: its network and its pieces."""

from collections.abc import Collection, Iterator
from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import Any, TypeVar

from omegaconf import OmegaConf

from seq2seq.config.allowed_classes import shipped_targets
from seq2seq.config.paths import CONF_DIR
from seq2seq.config.ranges import shortened
from seq2seq.config.training import TrainConfig
from seq2seq.errors import ConfigError

T = TypeVar("T", bound=TrainConfig)

# Options of the network that may differ from those of the initial run.
FREE = ("model.dropout", "model.variational", "model.word_dropout")
PIECES = (
    "tokenizer.kind", "tokenizer.joint", "tokenizer.vocab_size", "tokenizer.transforms",
    "tokenizer.split_digits", "tokenizer.character_coverage",
)  # fmt: skip
# With init.vocabulary=extend the size is that of the pieces of the new text.
EXTENDED = ("tokenizer.vocab_size", "tokenizer.character_coverage")


def with_adopted_options(
    config: T, initial: TrainConfig, given: Collection[str], strict: bool = True
) -> T:
    """Return `config` with the network and the pieces of the run that it begins from.

    An option is given if it is on the command line, or has another value than its default.

    Args:
        config: the options of the new run.
        initial: the options of the run that it begins from.
        given: the overrides of the command line.
        strict: refuse a given option that contradicts `initial`, and else keep it.

    Raises:
        ConfigError: a given option contradicts `initial`, or the task is another one.
    """
    if strict:
        _require_same_task(config, initial)
    keys = {word.lstrip("+~").partition("=")[0].replace("/", ".") for word in given}
    is_extended = config.init.vocabulary == "extend"
    adopted: dict[str, Any] = {}
    for option, value, default in _options(config):
        is_given = option in keys or not _is_same(value, default)
        is_given = is_given or any(key.startswith(f"{option}.") for key in keys)
        theirs = _value(initial, option)
        is_free = option in FREE or (is_extended and option in EXTENDED)
        if is_free and (is_given or option in EXTENDED):
            continue
        if not is_given or _is_same(value, theirs):
            adopted[option] = theirs
        elif strict:
            raise ConfigError(_contradiction(config, option, value, theirs))
    changed: T = _with_values(config, adopted)
    return changed


def _require_same_task(config: TrainConfig, initial: TrainConfig) -> None:
    ours, theirs = (str(each.task["_target_"]) for each in (config, initial))
    if ours != theirs:
        kind = shipped_targets("task").get(theirs, theirs)
        raise ConfigError(f"init.run={config.init.run} is a run of {kind}: add task={kind}")


def _contradiction(config: TrainConfig, option: str, value: Any, theirs: Any) -> str:
    key = option.replace(".", "/") if isinstance(value, dict) else option
    ours, other = (_in_words(each) for each in (value, theirs))
    if ours == other:
        ours, other = shortened(value), shortened(theirs)
    return (
        f"{key}={ours} contradicts init.run={config.init.run}, which has {other}: a run has the "
        "network and the pieces that it begins with"
    )


def _in_words(value: Any) -> str:
    """Return a value as it is typed: the file of a node, true, null."""
    if isinstance(value, dict):
        return str(value.get("_target_")).rpartition(".")[2]
    if value is None or isinstance(value, bool):
        return {True: "true", False: "false", None: "null"}[value]
    return str(value)


def _options(config: TrainConfig) -> Iterator[tuple[str, Any, Any]]:
    """Yield the options that are adopted, with their values and defaults."""
    defaults = TrainConfig()
    for path in ("model", "model.encoder", "model.decoder"):
        for field in fields(_value(config, path)):
            option = f"{path}.{field.name}"
            value = _value(config, option)
            if is_dataclass(value):
                continue
            default = _default_node(option) if isinstance(value, dict) else _value(defaults, option)
            yield option, value, default
    for option in (*PIECES, "document_context"):
        yield option, _value(config, option), _value(defaults, option)


@cache
def _default_node(option: str) -> dict[str, Any]:
    """Return the node that `conf/base.yaml` chooses for an option, as in "model.cell"."""
    group = option.replace(".", "/")
    defaults: Any = OmegaConf.load(CONF_DIR / "base.yaml").defaults
    choices = {name: chosen for each in defaults for name, chosen in each.items()}
    node = OmegaConf.to_container(OmegaConf.load(CONF_DIR / group / f"{choices[group]}.yaml"))
    assert isinstance(node, dict)
    return {str(name): value for name, value in node.items()}


def _is_same(one: Any, other: Any) -> bool:
    """Return whether two values are equal; nodes may lack arguments that were added later."""
    if isinstance(one, dict) and isinstance(other, dict):
        return all(one[name] == other[name] for name in one.keys() & other.keys())
    return bool(one == other)


def _value(config: Any, option: str) -> Any:
    for name in option.split("."):
        config = getattr(config, name)
    return config


def _with_values(config: Any, values: dict[str, Any]) -> Any:
    """Return a dataclass with other values of the dotted options of `values`."""
    changed: dict[str, Any] = {}
    children: dict[str, dict[str, Any]] = {}
    for option, value in values.items():
        name, _, rest = option.partition(".")
        if rest:
            children.setdefault(name, {})[rest] = value
        else:
            changed[name] = value
    for name, inner in children.items():
        changed[name] = _with_values(getattr(config, name), inner)
    return replace(config, **changed)
