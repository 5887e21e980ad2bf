"""Checks of open nodes, which name a class and its arguments, without importing the class."""

import re
from collections.abc import Iterator
from typing import Any

from seq2seq.config.bounds import require_bounds
from seq2seq.config.ranges import shortened
from seq2seq.config.signature import Signature, signature_of
from seq2seq.config.suggestions import unknown_option
from seq2seq.errors import ConfigError

LANGUAGE = re.compile(r"[a-z]{2,3}([-_][A-Za-z0-9]+)*")  # en, no, pt-BR, zh_Hans

# Arguments that the program itself passes to the class of a node: a configuration cannot set them.
RUNTIME_ARGUMENTS = {
    "task": {"config", "notify"},
    "model.embedding": {"vocab_size", "size", "word_dropout"},
    "model.cell": {"input_size", "size"},
    "model.attention": {"query_size", "memory_size"},
    "model.bridge": {"source", "target"},
    "model.initial_state": {"shape"},
    "optimizer": {"parameters"},
    "tracker": {"folder"},
}

# The types that an annotation accepts, and their name in messages. Values of any other annotation
# are checked by the class itself.
_TYPES: dict[str, tuple[tuple[type, ...], str]] = {
    "int": ((int,), "a whole number"),
    "float": ((int, float), "a number"),
    "bool": ((bool,), "true or false"),
    "str": ((str,), "text"),
    "list": ((list,), "a list"),
    "dict": ((dict,), "a mapping"),
    "None": ((type(None),), "null"),
}


def target_nodes(node: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every node below `node` that names a class, with its dotted path."""
    if hasattr(node, "__dataclass_fields__"):
        node = vars(node)
    if not isinstance(node, dict):
        return
    if "_target_" in node and path:
        yield path, node
    for name, child in node.items():
        yield from target_nodes(child, f"{path}.{name}" if path else str(name))


def validate_node(path: str, node: dict[str, Any]) -> None:
    """Check the options of a node against the class that it names, without importing the class.

    Raises:
        ConfigError: the class does not exist or does not take these options.
    """
    target = node["_target_"]
    if not isinstance(target, str):
        raise ConfigError(f"{path}._target_ must name a class, not {shortened(target)}")
    signature = signature_of(target)
    if signature is None:
        require_bounds(path, node)
        return
    _validate_languages(path, node)
    names = validate_names(path, node, signature)
    for name in names:
        node[name] = _whole(node[name], signature.types.get(name, ""))
        _validate_type(f"{path}.{name}", node[name], signature.types.get(name, ""))
    known = {*names, *RUNTIME_ARGUMENTS.get(path, ())}
    if absent := [n for n in signature.required if n not in known]:
        raise ConfigError("no value for " + ", ".join(f"{path}.{name}" for name in absent))
    require_bounds(path, node)


def validate_names(path: str, node: dict[str, Any], signature: Signature) -> list[str]:
    """Return the names of a node's options; refuse those that its class does not take."""
    passed = RUNTIME_ARGUMENTS.get(path, set())
    names = sorted(str(name) for name in node if not str(name).startswith("_"))
    for name in names:
        if name in passed:
            raise ConfigError(f"{path}.{name} is not an option: the program sets it")
        if name not in signature.names:
            known = [f"{path}.{option}" for option in sorted(set(signature.names) - passed)]
            reason = f"{node['_target_']} takes no {name}"
            raise ConfigError(unknown_option(f"{path}.{name}", known, reason))
    return names


def _validate_type(option: str, value: object, annotation: str) -> None:
    """Check `value` against an annotation as it is written in the source."""
    if inner := re.fullmatch(r"tuple\[(\w+(?:, \w+)*)\]", annotation):
        parts = inner[1].split(", ")
        if not isinstance(value, list) or len(value) != len(parts):
            raise ConfigError(
                f"{option} must be a list of {len(parts)} values, not {shortened(value)}"
            )
        for index, (part, kind) in enumerate(zip(value, parts, strict=True)):
            _validate_type(f"{option}[{index}]", part, kind)
        return
    kinds = [_TYPES.get(part.partition("[")[0]) for part in annotation.split(" | ")]
    known = [kind for kind in kinds if kind]
    if len(known) < len(kinds):
        return
    # To Python, true is the number 1; in an option it is a mistake.
    types = [t for types, _ in known for t in types if t is bool or not isinstance(value, bool)]
    if not isinstance(value, tuple(types)):
        names = " or ".join(name for _, name in known)
        scalar = str in types and not isinstance(value, list | dict)
        hint = f" (text is '{shortened(value)}', quotes included)" if scalar else ""
        raise ConfigError(f"{option} must be {names}, not {shortened(value)}{hint}")
    if isinstance(value, list) and (inner := re.search(r"\blist\[(\w+)\]", annotation)):
        for index, element in enumerate(value):
            _validate_type(f"{option}[{index}]", element, inner[1])


def _whole(value: object, annotation: str) -> object:
    """Return the whole number that a float such as 1e3 is, where the class takes one."""
    is_int = "int" in annotation.split(" | ") and "float" not in annotation
    return int(value) if is_int and isinstance(value, float) and value.is_integer() else value


def _validate_languages(path: str, node: dict[str, Any]) -> None:
    for name in ("source", "target"):
        code = node.get(name)
        if path == "data" and name in node and not _is_language(code):
            raise ConfigError(
                f"data.{name} must be a language code such as de or pt-BR, not {shortened(code)}"
                + (" (in YAML, write it in quotes: 'no')" if isinstance(code, bool) else "")
            )


def _is_language(code: object) -> bool:
    return isinstance(code, str) and bool(LANGUAGE.fullmatch(code)) and code != "False"
