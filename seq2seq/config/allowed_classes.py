"""The classes that a run folder may name: the shipped ones of each node, and trusted ones."""

import re
from collections.abc import Collection, Iterator
from functools import cache
from typing import Any

from seq2seq.config.paths import CONF_DIR, RECIPES_DIR
from seq2seq.errors import ConfigError

# The nodes of a configuration that name a class, each chosen from the folder of the same name.
NODES = (
    "task",
    "data",
    "model.embedding",
    "model.cell",
    "model.attention",
    "model.bridge",
    "model.initial_state",
    "model.vision",
    "optimizer",
    "schedule",
    "search",
    "tracker",
)


@cache
def shipped_targets(node: str) -> dict[str, str]:
    """Return the shipped choices of a node: the class or function of each, and its file's name."""
    targets: dict[str, str] = {}
    for folder in (CONF_DIR, RECIPES_DIR):
        for file in sorted((folder / node.replace(".", "/")).glob("*.yaml")):
            text = file.read_text(encoding="utf-8")
            if target := re.search(r"^_target_: (\S+)", text, re.MULTILINE):
                targets.setdefault(target[1], file.stem)
    return targets


def require_known_targets(options: dict[str, Any], trusted: Collection[str]) -> None:
    """Refuse options that would call anything but a shipped choice of their node.

    Args:
        options: the options of a run folder, as plain values under their current names.
        trusted: modules outside this package whose classes may be named.

    Raises:
        ConfigError: a class is not a shipped choice of its node, a node outside `NODES` names a
            class, or a node has another instruction than `_target_`.
    """
    for path, node in _nodes(options):
        for name in node:
            if str(name).startswith("_") and name != "_target_":
                raise ConfigError(f"{path or 'the options'} may not hold {name}")
        if "_target_" in node:
            _require_known(path, node["_target_"], trusted)


def _require_known(path: str, target: object, trusted: Collection[str]) -> None:
    # Each corpus of a joined corpus is a node like `data` itself.
    node = re.sub(r"^data(\.corpora\.[^.]+)+$", "data", path)
    if node not in NODES:
        raise ConfigError(f"{path or 'the options'} cannot name a class: {target!r}")
    if not isinstance(target, str):
        raise ConfigError(f"{path} must name a class, not {target!r}")
    if target in shipped_targets(node) or _is_trusted(target, trusted):
        return
    raise ConfigError(f"{path} takes {target!r}, from a module that is not trusted")


def _is_trusted(target: str, trusted: Collection[str]) -> bool:
    """Return whether `target` is in a trusted module; the program's own modules never are."""
    modules = [module for module in trusted if module and module.split(".")[0] != "seq2seq"]
    return any(target.startswith(f"{module}.") for module in modules)


def _nodes(node: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every mapping at or below `node`, with its dotted path."""
    if isinstance(node, dict):
        yield path, node
        children = node.items()
    elif isinstance(node, list):
        children = dict(enumerate(node)).items()
    else:
        return
    for name, child in children:
        yield from _nodes(child, f"{path}.{name}" if path else str(name))
