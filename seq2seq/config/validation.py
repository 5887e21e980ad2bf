"""From what Hydra composed to typed options, with every mistake named before torch is imported."""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar, cast

from omegaconf import MISSING, DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from seq2seq.config.signature import Signature, signature_of
from seq2seq.config.suggestions import did_you_mean
from seq2seq.errors import ConfigError

T = TypeVar("T")


LANGUAGE = re.compile(r"[a-z]{2,3}([-_][A-Za-z0-9]+)*")  # en, no, pt-BR, zh_Hans


# What the program itself passes to the class of a node: not for a configuration to give.
RUNTIME_ARGUMENTS = {
    "task": {"config", "say"},
    "model.embedding": {"vocab_size", "size", "word_dropout"},
    "model.cell": {"input_size", "size"},
    "model.attention": {"query_size", "memory_size"},
    "model.bridge": {"source", "target"},
    "model.initial_state": {"shape"},
    "optimizer": {"parameters"},
    "tracker": {"folder"},
}


# What a value of an annotation is, and how it is called; any other annotation is left to the class.
_TYPES: dict[str, tuple[tuple[type, ...], str]] = {
    "int": ((int,), "a whole number"),
    "float": ((int, float), "a number"),
    "bool": ((bool,), "true or false"),
    "str": ((str,), "text"),
    "list": ((list,), "a list"),
    "dict": ((dict,), "a mapping"),
    "None": ((type(None),), "null"),
}


def to_schema(cfg: DictConfig, schema: type[T]) -> T:
    """The composed `cfg` as an instance of the dataclass `schema`.

    Raises:
        ConfigError: an option has no value, is none of `schema`'s, or has a wrong type or range.
    """
    try:
        if missing := sorted(OmegaConf.missing_keys(cfg)):
            _validate_all_names(cfg, schema)  # first: a mistyped one may be why there is no value
            raise ConfigError("no value for " + ", ".join(missing))
        plain = OmegaConf.to_container(cfg, resolve=True)  # plain, or merge lets unknown keys pass
        config = OmegaConf.to_object(OmegaConf.merge(OmegaConf.structured(schema), plain))
    except OmegaConfBaseException as error:
        raise ConfigError(
            explain_omegaconf(str(error), keys_of(cfg, schema), error.full_key)
        ) from error
    for path, value in _choices(config):
        if not isinstance(value, dict) or "_target_" not in value:
            group = path.replace(".", "/")
            raise ConfigError(f"{path} is chosen by name, as {group}=NAME, and not {value!r}")
    for path, node in _target_nodes(vars(config)):
        _validate_node(path, node)
    return cast(T, config)


def _validate_all_names(cfg: DictConfig, schema: type) -> None:
    """Refuse options that there are not, whatever their values."""
    plain = OmegaConf.to_container(cfg, resolve=False)
    OmegaConf.merge(OmegaConf.structured(schema), plain)
    for path, node in _target_nodes(plain):
        if signature := signature_of(node["_target_"]):
            _validate_names(path, node, signature)


def explain_omegaconf(message: str, known: list[str], key: str | None) -> str:
    """One line for what OmegaConf says of `key`.

    With the nearest of the `known` dotted keys where there is no such key.
    """
    first = message.splitlines()[0]
    if key and first.startswith("Key '") and " not in " in first.replace(" is not in ", " not in "):
        return f"no option {key}{did_you_mean(key, known)}"
    return f"{key}: {first}" if key else first


def keys_of(cfg: DictConfig, schema: type) -> list[str]:
    """All dotted keys of `schema`, and those that the targets chosen in `cfg` take."""
    plain = OmegaConf.to_container(cfg, resolve=False)
    keys = schema_keys(schema)
    for path, node in _target_nodes(plain if isinstance(plain, dict) else {}):
        signature = signature_of(node["_target_"])
        names = set(signature.names if signature else []) - RUNTIME_ARGUMENTS.get(path, set())
        keys += [f"{path}.{name}" for name in sorted(names)]
    return keys


def schema_keys(schema: type) -> list[str]:
    """All dotted keys of `schema`."""
    return _dotted_keys(OmegaConf.structured(schema))


def _dotted_keys(cfg: Any, prefix: str = "") -> list[str]:
    keys = []
    for name in cfg:
        keys.append(f"{prefix}{name}")
        if not OmegaConf.is_missing(cfg, name):
            child = cfg._get_node(name)  # not cfg[name], which would resolve interpolations
            if isinstance(child, DictConfig) and not child._is_none():
                keys += _dotted_keys(child, f"{prefix}{name}.")
    return keys


def _choices(config: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """What stands where a file of `conf/` must have been chosen, with its dotted path."""
    for field in fields(config):
        value, name = getattr(config, field.name), f"{path}{field.name}"
        if field.default == MISSING:
            yield name, value
        elif is_dataclass(value):
            yield from _choices(value, f"{name}.")


def _target_nodes(node: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every node below `node` that names a target, with its dotted path."""
    if hasattr(node, "__dataclass_fields__"):
        node = vars(node)
    if not isinstance(node, dict):
        return
    if "_target_" in node and path:
        yield path, node
    for name, child in node.items():
        yield from _target_nodes(child, f"{path}.{name}" if path else str(name))


def _validate_node(path: str, node: dict[str, Any]) -> None:
    signature = signature_of(node["_target_"])
    if signature is None:
        return
    _validate_languages(path, node)
    given = _validate_names(path, node, signature)
    for name in given:
        _validate_type(f"{path}.{name}", node[name], signature.types.get(name, ""))
    known = {*given, *RUNTIME_ARGUMENTS.get(path, ())}
    if absent := [n for n in signature.required if n not in known]:
        raise ConfigError("no value for " + ", ".join(f"{path}.{name}" for name in absent))


def _validate_names(path: str, node: dict[str, Any], signature: Signature) -> list[str]:
    """The names of the options of a node, of which there is none that its target does not take."""
    passed = RUNTIME_ARGUMENTS.get(path, set())
    given = sorted(str(name) for name in node if not str(name).startswith("_"))
    for name in given:
        if name in passed:
            raise ConfigError(f"{path}.{name} is not an option: the program sets it")
        if name not in signature.names:
            there = [f"{path}.{known}" for known in sorted(set(signature.names) - passed)]
            likely = did_you_mean(f"{path}.{name}", there)
            target = node["_target_"]
            raise ConfigError(f"no option {path}.{name}: {target} takes no {name}{likely}")
    return given


def _validate_type(option: str, value: object, annotation: str) -> None:
    if inner := re.fullmatch(r"tuple\[(\w+(?:, \w+)*)\]", annotation):
        parts = inner[1].split(", ")
        if not isinstance(value, list) or len(value) != len(parts):
            raise ConfigError(f"{option} must be a list of {len(parts)} values, not {value!r}")
        for place, (part, kind) in enumerate(zip(value, parts, strict=True)):
            _validate_type(f"{option}[{place}]", part, kind)
        return
    kinds = [_TYPES.get(part.partition("[")[0]) for part in annotation.split(" | ")]
    known = [kind for kind in kinds if kind]
    if len(known) < len(kinds):
        return
    # To Python, true is the number 1: not to whoever writes an option.
    types = [t for types, _ in known for t in types if t is bool or not isinstance(value, bool)]
    if not isinstance(value, tuple(types)):
        names = " or ".join(name for _, name in known)
        scalar = str in types and not isinstance(value, list | dict)
        hint = f" (text is '{value}', quotes included)" if scalar else ""
        raise ConfigError(f"{option} must be {names}, not {value!r}{hint}")


def _validate_languages(path: str, node: dict[str, Any]) -> None:
    for name in ("source", "target"):
        code = node.get(name)
        if path == "data" and name in node and not _is_language(code):
            raise ConfigError(
                f"data.{name} must be a language code such as de or pt-BR, not {code!r}"
                + (" (in YAML, write it in quotes: 'no')" if isinstance(code, bool) else "")
            )


def _is_language(code: object) -> bool:
    return isinstance(code, str) and bool(LANGUAGE.fullmatch(code)) and code != "False"
