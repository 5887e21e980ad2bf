"""Typed options from a composed configuration; mistakes are reported before torch is imported."""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar, cast

from omegaconf import MISSING, DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from seq2seq.config.fitted import fitted_options
from seq2seq.config.literals import escape_all_interpolations, quote_argument
from seq2seq.config.nodes import (
    RUNTIME_ARGUMENTS,
    target_nodes,
    validate_names,
    validate_node,
)
from seq2seq.config.ranges import numbers_in, shortened
from seq2seq.config.signature import signature_of
from seq2seq.config.suggestions import unknown_option
from seq2seq.errors import ConfigError

T = TypeVar("T")

LARGEST = 10**300
LONGEST_MESSAGE = 200  # characters of a message of OmegaConf
MAX_EXAMPLE = 60  # characters of a value that is repeated in a message
# Messages of OmegaConf 2.3 about a wrong type, and the types in words.
_WRONG_TYPE = (
    r"Value '(?P<value>.*)' of type '.*' could not be converted to (?P<kind>Integer|Float)",
    r"Value '(?P<value>.*)' is not a valid (?P<kind>bool) \(type .*\)",
    r"Cannot convert '.*' to (?P<kind>string): '(?P<value>.*)'",
)
_KINDS = {
    "Integer": "a whole number",
    "Float": "a number",
    "string": "text",
    "bool": "true or false",
}


def to_schema(cfg: DictConfig, schema: type[T]) -> T:
    """Return the composed `cfg` as an instance of the dataclass `schema`.

    Raises:
        ConfigError: an option has no value, does not exist, or has a wrong type or range.
    """
    try:
        config = _merged(cfg, schema)
    except OmegaConfBaseException as error:
        raise ConfigError(
            explain_omegaconf(str(error), keys_of(cfg, schema), error.full_key, error.value)
        ) from error
    except RecursionError:
        raise ConfigError("the options are nested too deeply") from None
    for path, value in _choices(config):
        if not isinstance(value, dict) or "_target_" not in value:
            group = path.replace(".", "/")
            raise ConfigError(
                f"{path} is chosen by name, as {group}=NAME, and not {shortened(value)}"
            )
    for path, node in target_nodes(vars(config)):
        validate_node(path, node)
    return cast(T, config)


def _merged(cfg: DictConfig, schema: type) -> Any:
    if missing := sorted(OmegaConf.missing_keys(cfg)):
        _validate_all_names(cfg, schema)  # first: a mistyped name may be the reason
        raise ConfigError("no value for " + ", ".join(missing))
    plain = OmegaConf.to_container(cfg, resolve=True)  # plain: a merge of nodes adds unknown keys
    for option, value in numbers_in(plain, ""):
        if isinstance(value, int) and abs(value) >= LARGEST:  # no float can hold it
            raise ConfigError(f"{option[1:]} must be less than 10^300, not {shortened(value)}")
    # Interpolations are resolved by now: a remaining `${` is text.
    plain = escape_all_interpolations(plain)
    if isinstance(plain, dict) and isinstance(named := plain.get("fitted"), list):
        plain["fitted"] = named + [name for name in fitted_options(cfg) if name not in named]
    return OmegaConf.to_object(OmegaConf.merge(OmegaConf.structured(schema), plain))


def _validate_all_names(cfg: DictConfig, schema: type) -> None:
    """Refuse options that do not exist, without regard to their values."""
    plain = OmegaConf.to_container(cfg, resolve=False)
    OmegaConf.merge(OmegaConf.structured(schema), plain)
    for path, node in target_nodes(plain):
        if signature := signature_of(node["_target_"]):
            validate_names(path, node, signature)


def explain_omegaconf(message: str, known: list[str], key: str | None, value: object = None) -> str:
    """Return one line for OmegaConf's `message` about `key`, which was given as `value`.

    Where there is no such key, the line has the nearest of the `known` dotted keys.
    """
    first = message.splitlines()[0]
    if key and first.startswith("Key '") and " not in " in first.replace(" is not in ", " not in "):
        unknown = first.split("'")[1]
        is_in_list = key in known and not f".{key}".endswith(f".{unknown}")
        return f"{key} takes no {unknown}" if is_in_list else unknown_option(key, known)
    if key and first.endswith("does not support deletion"):
        return cannot_be_removed(key)
    if key and first.endswith("is not a ListConfig, list or tuple."):
        example = value if isinstance(value, str) and len(value) < MAX_EXAMPLE else "A"
        return f"{key} must be a list, as in {key}=[{example}]"
    if key and (name := re.fullmatch(r"Interpolation key '(.*)' not found", first)):
        text = value if isinstance(value, str) and "${" in value else f"${{{name[1]}}}"
        form = quote_argument(f"{key}={text}")
        return f"{key}: there is no option {name[1]}; to give the text itself, type {form}"
    first = _plain_words(first)
    if key and first.startswith("must be "):
        return f"{key} {first}"
    return f"{key}: {first}" if key else first


def cannot_be_removed(key: str) -> str:
    """Return the message about the removal, as in ~train.budget, of an option."""
    return f"{key} cannot be removed: give it a value, as in {key}=null"


def _plain_words(message: str) -> str:
    """Return OmegaConf's `message` about a value of a wrong type in the words of this program."""
    match = next((m for form in _WRONG_TYPE if (m := re.fullmatch(form, message))), None)
    if match:
        value = shortened(match["value"])[1:-1]
        return f"must be {_KINDS[match['kind']]}, not {value}"
    if message.endswith(" is not Optional"):
        return "must be a value, not null"
    if " is not a subclass of " in message or message.startswith("Cannot merge "):
        return "must be options of its own, as in KEY.OPTION=VALUE"
    if len(message) > LONGEST_MESSAGE:  # it holds the value, a list of thousands
        return f"{message[: LONGEST_MESSAGE // 2]} ... {message[-LONGEST_MESSAGE // 2 :]}"
    return message


def keys_of(cfg: DictConfig, schema: type) -> list[str]:
    """Return all dotted keys of `schema`, and the arguments of the classes chosen in `cfg`."""
    plain = OmegaConf.to_container(cfg, resolve=False)
    keys = schema_keys(schema)
    for path, node in target_nodes(plain if isinstance(plain, dict) else {}):
        signature = signature_of(node["_target_"])
        names = set(signature.names if signature else []) - RUNTIME_ARGUMENTS.get(path, set())
        keys += [f"{path}.{name}" for name in sorted(names)]
    return keys


def schema_keys(schema: type) -> list[str]:
    """Return all dotted keys of `schema`."""
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
    """Yield the value of every node that a file of `conf/` fills, with its dotted path."""
    for field in fields(config):
        value, name = getattr(config, field.name), f"{path}{field.name}"
        if field.default == MISSING:
            yield name, value
        elif is_dataclass(value):
            yield from _choices(value, f"{name}.")
