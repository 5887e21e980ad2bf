"""From what Hydra composed to typed options, with every mistake named before torch is imported."""

import ast
import difflib
import importlib.util
import re
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

from omegaconf import MISSING, DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from seq2seq.errors import ConfigError

T = TypeVar("T")

LANGUAGE = re.compile(r"[a-z]{2,3}([-_][A-Za-z0-9]+)*")  # en, no, pt-BR, zh_Hans

CLOSE = 0.6  # likeness of two names, from 0 to 1, from which one may be a slip for the other

# What the program itself passes to the class of a node: not for a configuration to give.
PASSED = {
    "task": {"config", "say"},
    "model.input": {"pieces", "size", "hidden"},
    "model.cell": {"input_size", "size"},
    "model.attention": {"query_size", "memory_size"},
    "model.bridge": {"source", "target"},
    "model.initial": {"shape"},
    "optimizer": {"parameters"},
    "track": {"folder"},
}


# What a value of an annotation is, and how it is called; any other annotation is left to the class.
_KINDS: dict[str, tuple[tuple[type, ...], str]] = {
    "int": ((int,), "a whole number"),
    "float": ((int, float), "a number"),
    "bool": ((bool,), "true or false"),
    "str": ((str,), "text"),
    "list": ((list,), "a list"),
    "dict": ((dict,), "a mapping"),
    "None": ((type(None),), "null"),
}


class Signature(NamedTuple):
    """The arguments that a target takes."""

    names: list[str]
    required: list[str]
    types: dict[str, str]  # annotations as they are written


def typed(cfg: DictConfig, schema: type[T]) -> T:
    """The composed `cfg` as an instance of the dataclass `schema`.

    Raises:
        ConfigError: an option has no value, is none of `schema`'s, or has a wrong type or range.
    """
    try:
        if missing := sorted(OmegaConf.missing_keys(cfg)):
            _check_names(cfg, schema)  # first: a mistyped one may be why there is no value
            raise ConfigError("no value for " + ", ".join(missing))
        plain = OmegaConf.to_container(cfg, resolve=True)  # plain, or merge lets unknown keys pass
        config = OmegaConf.to_object(OmegaConf.merge(OmegaConf.structured(schema), plain))
    except OmegaConfBaseException as error:
        raise ConfigError(explain(str(error), keys_of(cfg, schema), error.full_key)) from error
    for path, value in _chosen(config):
        if not isinstance(value, dict) or "_target_" not in value:
            group = path.replace(".", "/")
            raise ConfigError(f"{path} is chosen by name, as {group}=NAME, and not {value!r}")
    for path, node in _targets(vars(config)):
        _check(path, node)
    return cast(T, config)


def _check_names(cfg: DictConfig, schema: type) -> None:
    """Refuse options that there are not, whatever their values."""
    plain = OmegaConf.to_container(cfg, resolve=False)
    OmegaConf.merge(OmegaConf.structured(schema), plain)
    for path, node in _targets(plain):
        if signature := signature_of(node["_target_"]):
            _check_given(path, node, signature)


def explain(message: str, known: list[str], key: str | None) -> str:
    """One line for what OmegaConf says of `key`.

    With the nearest of the `known` dotted keys where there is no such key.
    """
    first = message.splitlines()[0]
    if key and first.startswith("Key '") and " not in " in first.replace(" is not in ", " not in "):
        return f"no option {key}{nearest(key, known)}"
    return f"{key}: {first}" if key else first


def nearest(word: str, words: Iterable[str]) -> str:
    """`; did you mean …?` with what in `words` is close to `word`, or nothing.

    The last part of a dotted key counts most: for train.lrr, optimizer.lr is right.
    """

    def likeness(other: str) -> tuple[float, float]:
        last = difflib.SequenceMatcher(None, word.rsplit(".", 1)[-1], other.rsplit(".", 1)[-1])
        return last.ratio(), difflib.SequenceMatcher(None, word, other).ratio()

    best = max((other for other in words if other != word), key=likeness, default="")
    return f"; did you mean {best}?" if best and likeness(best)[0] > CLOSE else ""


def keys_of(cfg: DictConfig, schema: type) -> list[str]:
    """All dotted keys of `schema`, and those that the targets chosen in `cfg` take."""
    plain = OmegaConf.to_container(cfg, resolve=False)
    keys = schema_keys(schema)
    for path, node in _targets(plain if isinstance(plain, dict) else {}):
        signature = signature_of(node["_target_"])
        names = set(signature.names if signature else []) - PASSED.get(path, set())
        keys += [f"{path}.{name}" for name in sorted(names)]
    return keys


def schema_keys(schema: type) -> list[str]:
    """All dotted keys of `schema`."""
    return _keys(OmegaConf.structured(schema))


def _keys(cfg: Any, prefix: str = "") -> list[str]:
    keys = []
    for name in cfg:
        keys.append(f"{prefix}{name}")
        if not OmegaConf.is_missing(cfg, name):
            child = cfg._get_node(name)  # not cfg[name], which would resolve interpolations
            if isinstance(child, DictConfig) and not child._is_none():
                keys += _keys(child, f"{prefix}{name}.")
    return keys


def _chosen(config: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """What stands where a file of `conf/` must have been chosen, with its dotted path."""
    for field in fields(config):
        value, name = getattr(config, field.name), f"{path}{field.name}"
        if field.default == MISSING:
            yield name, value
        elif is_dataclass(value):
            yield from _chosen(value, f"{name}.")


def _targets(node: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every node below `node` that names a target, with its dotted path."""
    if hasattr(node, "__dataclass_fields__"):
        node = vars(node)
    if not isinstance(node, dict):
        return
    if "_target_" in node and path:
        yield path, node
    for name, child in node.items():
        yield from _targets(child, f"{path}.{name}" if path else str(name))


def _check(path: str, node: dict[str, Any]) -> None:
    signature = signature_of(node["_target_"])
    if signature is None:
        return
    _check_languages(path, node)
    given = _check_given(path, node, signature)
    for name in given:
        _check_type(f"{path}.{name}", node[name], signature.types.get(name, ""))
    known = {*given, *PASSED.get(path, ())}
    if absent := [n for n in signature.required if n not in known]:
        raise ConfigError("no value for " + ", ".join(f"{path}.{name}" for name in absent))


def _check_given(path: str, node: dict[str, Any], signature: Signature) -> list[str]:
    """The names of the options of a node, of which there is none that its target does not take."""
    passed = PASSED.get(path, set())
    given = sorted(str(name) for name in node if not str(name).startswith("_"))
    for name in given:
        if name in passed:
            raise ConfigError(f"{path}.{name} is not an option: the program sets it")
        if name not in signature.names:
            there = [f"{path}.{known}" for known in sorted(set(signature.names) - passed)]
            likely = nearest(f"{path}.{name}", there)
            target = node["_target_"]
            raise ConfigError(f"no option {path}.{name}: {target} takes no {name}{likely}")
    return given


def _check_type(option: str, value: object, annotation: str) -> None:
    if inner := re.fullmatch(r"tuple\[(\w+(?:, \w+)*)\]", annotation):
        parts = inner[1].split(", ")
        if not isinstance(value, list) or len(value) != len(parts):
            raise ConfigError(f"{option} must be a list of {len(parts)} values, not {value!r}")
        for place, (part, kind) in enumerate(zip(value, parts, strict=True)):
            _check_type(f"{option}[{place}]", part, kind)
        return
    kinds = [_KINDS.get(part.partition("[")[0]) for part in annotation.split(" | ")]
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


def _check_languages(path: str, node: dict[str, Any]) -> None:
    for name in ("source", "target"):
        code = node.get(name)
        if path == "data" and name in node and not _is_language(code):
            raise ConfigError(
                f"data.{name} must be a language code such as de or pt-BR, not {code!r}"
                + (" (in YAML, write it in quotes: 'no')" if isinstance(code, bool) else "")
            )


def _is_language(code: object) -> bool:
    return isinstance(code, str) and bool(LANGUAGE.fullmatch(code)) and code != "False"


def signature_of(target: str) -> Signature | None:
    """What `target` (module.name of a class or function) takes, read without importing its module.

    Importing would bring torch in, which takes longer than all the rest of the check.

    Returns:
        None where it cannot be told from the source: a constructor that is inherited from
        another module, or arguments by `**`.

    Raises:
        ConfigError: there is no such module or name.
    """
    module, _, name = target.rpartition(".")
    path = _source(module)
    if path is None:
        raise ConfigError(f"there is no module {module} for _target_: {target}")
    tree = {
        node.name: node
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef | ast.FunctionDef)
    }
    node = tree.get(name)
    if node is None:
        if path.name == "__init__.py" or path.suffix != ".py":
            return None  # the name may be brought in from elsewhere
        raise ConfigError(f"there is no {name} in {module}{nearest(name, list(tree))}")
    while isinstance(node, ast.ClassDef):
        function = next((f for f in node.body if getattr(f, "name", "") == "__init__"), None)
        if isinstance(function, ast.FunctionDef):
            return _arguments(function.args, skip=1)
        base = node.bases[0] if node.bases else None
        if base is None:
            return Signature([], [], {})
        parent = tree.get(base.id) if isinstance(base, ast.Name) else None
        if parent is None:
            return None
        node = parent
    return _arguments(node.args, skip=0)


def _arguments(args: ast.arguments, skip: int) -> Signature | None:
    if args.kwarg:
        return None
    positional = [a.arg for a in args.posonlyargs + args.args]
    required = positional[: len(positional) - len(args.defaults)][skip:]
    required += [a.arg for a, d in zip(args.kwonlyargs, args.kw_defaults, strict=True) if d is None]
    named = (args.posonlyargs + args.args)[skip:] + args.kwonlyargs
    types = {a.arg: ast.unparse(a.annotation) for a in named if a.annotation}
    return Signature([a.arg for a in named], required, types)


def _source(module: str) -> Path | None:
    """The file of `module`, found without importing it or its parents."""
    top, *rest = module.split(".")
    try:
        spec = importlib.util.find_spec(top) if top else None
    except (ImportError, ValueError):
        return None
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin)
    for name in rest:
        folder = path.parent if path.name == "__init__.py" else None
        if folder is None:
            return None
        package, file = folder / name / "__init__.py", folder / f"{name}.py"
        path = package if package.is_file() else file
    return path if path.is_file() else None
