"""The options of a command as documentation: type, default, range and meaning, without torch.

The sources are the manual. The meaning of a closed option is the comment behind its field in
`training` or `commands`; where there is none, the comment lines directly above it. The meaning of
an argument of a choice is the comment behind its key in the file of `conf/`, with the comment
lines that follow it; the meaning of the choice itself is the file's first comment.
"""

import ast
import inspect
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import MISSING as NO_DEFAULT
from dataclasses import Field, fields, is_dataclass
from functools import cache
from pathlib import Path
from types import NoneType
from typing import Any, NamedTuple, get_args, get_type_hints

from omegaconf import MISSING, OmegaConf

from seq2seq.config.bounds import BOUNDS
from seq2seq.config.paths import CONF_DIR
from seq2seq.config.ranges import range_of
from seq2seq.config.signature import signature_of

# A marker for the linter at the start of a comment, which has no meaning for a user.
LINT_MARKER = re.compile(r"noqa(:[A-Z0-9, ]+)?(\s*#\s*)?")
TYPES = {int: "whole number", float: "number", bool: "true or false", str: "text"}


class OptionDescription(NamedTuple):
    """An option as the documentation shows it."""

    key: str  # dotted, as it is typed
    type: str  # in words
    default: str  # as it is typed; "" where a value must be given
    range: str  # in words; "" where any value of the type is accepted
    meaning: str  # one line; "" where the source has no comment
    choice: str = ""  # GROUP=NAME of the choice that takes this option; "" for a closed option


def describe_options(schema: type) -> list[OptionDescription]:
    """Return all options of the dataclass `schema`, in the order of the source.

    A group (chosen as GROUP=NAME) is followed by the arguments of each of its choices.
    """
    return list(_describe_section(schema, schema(), ""))


def _describe_section(schema: type, defaults: Any, path: str) -> Iterator[OptionDescription]:
    types = get_type_hints(schema)
    for declared in fields(schema):
        key, default = f"{path}{declared.name}", getattr(defaults, declared.name)
        if is_dataclass(default):
            yield from _describe_section(type(default), default, f"{key}.")
        elif (CONF_DIR / key.replace(".", "/")).is_dir():
            yield from _describe_group(key, _meaning(schema, declared.name))
        else:
            yield OptionDescription(
                key,
                _type_in_words(types[declared.name]),
                _typed(default),
                _range_in_words(declared),
                _meaning(schema, declared.name),
            )


def _describe_group(key: str, meaning: str) -> Iterator[OptionDescription]:
    group = key.replace(".", "/")
    files = sorted((CONF_DIR / group).glob("*.yaml"))
    names = ", ".join(file.stem for file in files)
    meaning = meaning.removeprefix(f"group {group}").removeprefix(": ")
    yield OptionDescription(group, "choice", _default_choice(group), names, meaning)
    for file in files:
        yield from _describe_choice(key, file)


def describe_choice(group: str, name: str) -> str:
    """Return the meaning of a choice, as in ("model/cell", "gru"): its file's first comment."""
    text = (CONF_DIR / group / f"{name}.yaml").read_text(encoding="utf-8")
    return text.partition("\n")[0].lstrip("# ")


def _describe_choice(key: str, file: Path) -> Iterator[OptionDescription]:
    text = file.read_text(encoding="utf-8")
    node: Any = OmegaConf.to_container(OmegaConf.create(text))
    target = str(node["_target_"])
    signature = signature_of(target)
    choice = f"{key.replace('.', '/')}={file.stem}"
    meanings = yaml_comments(text)
    for name, default in node.items():
        if name == "_target_":
            continue
        annotation = signature.types.get(name, "") if signature else ""
        yield OptionDescription(
            f"{key}.{name}",
            _annotation_in_words(annotation),
            "" if default == MISSING else _typed(default),
            str(BOUNDS.get(target, {}).get(name, "")),
            meanings.get(name, ""),
            choice,
        )


@cache
def _default_choice(group: str) -> str:
    """Return the choice of a group in the defaults list of `train`, or of any other command."""
    for file in (CONF_DIR / "base.yaml", *sorted(CONF_DIR.glob("*.yaml"))):
        text = file.read_text(encoding="utf-8")
        if match := re.search(rf"^ +- {re.escape(group)}: (\S+)", text, re.MULTILINE):
            return match[1]
    return ""


def _range_in_words(declared: "Field[Any]") -> str:
    range_ = range_of(declared)
    return str(range_) if range_ is not None else ""


def _type_in_words(hint: Any) -> str:
    """Return the words for a type, as in "whole number or null" for int | None."""
    kinds = get_args(hint)
    if NoneType in kinds:
        return f"{_type_in_words(next(kind for kind in kinds if kind is not NoneType))} or null"
    if kinds:
        return "list"
    return TYPES.get(hint, "text, list or null")


def _annotation_in_words(annotation: str) -> str:
    """Return the words for an annotation as it is written, as in "number or null"."""
    words = {kind.__name__: name for kind, name in TYPES.items()} | {"None": "null"}
    parts = [part.partition("[")[0] for part in annotation.split(" | ")]
    known = {"list": "list", "tuple": "list", "dict": "mapping", "Mapping": "mapping", **words}
    return " or ".join(known.get(part, part) for part in parts if part)


def _typed(value: Any) -> str:
    """Return a default as it is typed on a command line."""
    if value is None or value is NO_DEFAULT:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{','.join(_typed(element) for element in value)}]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{name}:{_typed(each)}" for name, each in value.items()) + "}"
    if value == "":
        return '""'
    return f"{value:g}" if isinstance(value, float) else str(value)


def _meaning(schema: type, name: str) -> str:
    """Return the comment of the field `name` of `schema` or of the class that it inherits from."""
    for parent in schema.__mro__:
        if name in vars(parent).get("__annotations__", {}):
            return _field_comments(parent).get(name, "")
    return ""


@cache
def _field_comments(schema: type) -> dict[str, str]:
    """Return the comment of each field that a dataclass itself declares."""
    source = inspect.getsource(schema)
    tree = ast.parse(source).body[0]
    assert isinstance(tree, ast.ClassDef)
    lines = source.splitlines()
    comments = {
        token.start[0]: LINT_MARKER.sub("", token.string.lstrip("# "), count=1)
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }
    meanings = {}
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            behind = comments.get(node.end_lineno or node.lineno, "")
            above: list[str] = []
            line = node.lineno - 1
            while line in comments and lines[line - 1].lstrip().startswith("#"):
                above.insert(0, comments[line])
                line -= 1
            meanings[node.target.id] = behind or " ".join(above)
    return meanings


def yaml_comments(text: str) -> dict[str, str]:
    """Return the comment behind each key of a flat YAML file, with the lines that follow it."""
    meanings: dict[str, str] = {}
    key = ""
    for line in text.splitlines():
        if match := re.match(r"(\w+):(?:[^#'\"]|'[^']*'|\"[^\"]*\")*?(?:\s#\s*(.*))?$", line):
            key = match[1]
            meanings[key] = match[2] or ""
        elif key and line.startswith("#"):
            meanings[key] = f"{meanings[key]} {line.lstrip('# ')}".strip()
    return meanings
