"""The arguments of a class or function, read from its source without importing it."""

import ast
import importlib.util
from functools import cache
from pathlib import Path
from typing import NamedTuple

from seq2seq.config.suggestions import did_you_mean
from seq2seq.errors import ConfigError


class Signature(NamedTuple):
    """The arguments of a class or function."""

    names: list[str]
    required: list[str]
    types: dict[str, str]  # annotations as they are written


def signature_of(target: str) -> Signature | None:
    """Return the arguments of `target`, read from the source without importing its module.

    An import would bring in torch, which takes longer than all checks together.

    Args:
        target: module.name of a class or function.

    Returns:
        None if the module's source does not show them: the constructor is inherited from another
        module, or takes `**`, or the package imports the name.

    Raises:
        ConfigError: there is no such module or name.
    """
    module, _, name = target.rpartition(".")
    path = _source(module)
    if path is None:
        raise ConfigError(f"there is no module {module} for _target_: {target}")
    tree = _definitions(path)
    node = tree.get(name)
    if node is None:
        if path.name == "__init__.py" or path.suffix != ".py":
            return None  # the name may be imported from another module
        raise ConfigError(f"there is no {name} in {module}{did_you_mean(name, list(tree))}")
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


@cache
def _definitions(path: Path) -> dict[str, ast.ClassDef | ast.FunctionDef]:
    """Return the classes and functions at the top of a module, by name."""
    return {
        node.name: node
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef | ast.FunctionDef)
    }


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
    """Return the file of `module`, without importing it or its parents."""
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
