"""The house style that can be checked: sizes, arguments, docstrings, and names."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from statistics import median

PACKAGE = Path(__file__).resolve().parent.parent / "seq2seq"
MODULES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in PACKAGE.rglob("*.py")}
Function = ast.FunctionDef | ast.AsyncFunctionDef
VAGUE = re.compile(r"(What|How|Where|As|Which|Whether)\b")
FORBIDDEN = {
    *("said", "spoken", "told", "place", "places", "walk", "walks", "walked", "walking"),
    *("begun", "ended", "wanted", "eighth", "sift", "sifted", "quick", "live", "learner"),
    *("shown", "seen", "mark", "room", "fill"),
}
# The marks of punctuation, which augmentation and the sentence splitter know.
PUNCTUATION_MARKS = {"final_mark", "no_final_mark", "_FINAL_MARK", "_LIST_MARK"}


def functions() -> Iterator[tuple[str, Function]]:
    """Yield every function of the package, with where it is."""
    for path, module in MODULES.items():
        for node in ast.walk(module):
            if isinstance(node, Function):
                yield f"{path.relative_to(PACKAGE)} {node.name}", node


def is_reader(path: str) -> bool:
    """Return whether a function's path is that of a data reader, whose arguments are options."""
    return path.startswith(("data/readers/", "vision/readers", "vision/synthetic/"))


def line_count(path: Path) -> int:
    """Return the number of lines of a module."""
    return len(path.read_text(encoding="utf-8").splitlines())


def vague_docstrings() -> list[str]:
    """Return the docstrings that begin with none of a verb or a noun."""
    return [
        f"{path.relative_to(PACKAGE)}:{getattr(node, 'lineno', 1)}"
        for path, module in MODULES.items()
        for node in ast.walk(module)
        if isinstance(node, Function | ast.ClassDef | ast.Module)
        and VAGUE.match(ast.get_docstring(node) or "")
    ]


def identifiers(module: ast.Module) -> Iterator[str]:
    """Yield every name that a module defines: functions, classes, arguments, variables."""
    for node in ast.walk(module):
        if isinstance(node, Function | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


SHARED_NAMES = {"main", "log"}
# Modules of the package itself that are no entry point of a command.
COMMON = {"builders", "errors", "hardware", "run_folder"}


def public_names(module: ast.Module) -> Iterator[str]:
    """Yield the functions, classes and constants that a module defines for others to import."""
    for node in module.body:
        if isinstance(node, Function | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign) and not is_type_variable(node.value):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name))


def is_type_variable(value: ast.expr | None) -> bool:
    """Return whether a value is a TypeVar or a ParamSpec."""
    return isinstance(value, ast.Call) and ast.unparse(value.func) in ("TypeVar", "ParamSpec")


def names_of_two_things() -> dict[str, list[str]]:
    """Return the public names that several modules define, with the modules."""
    modules: dict[str, list[str]] = {}
    for path, module in sorted(MODULES.items()):
        if path.parent != PACKAGE or path.stem in COMMON:
            for name in set(public_names(module)) - SHARED_NAMES:
                if not name.startswith("_"):
                    modules.setdefault(name, []).append(str(path.relative_to(PACKAGE)))
    return {name: paths for name, paths in modules.items() if len(paths) > 1}


def forbidden_names() -> list[str]:
    """Return the defined names with a word of the old dialect."""
    return [
        f"{path.relative_to(PACKAGE)}: {name}"
        for path, module in MODULES.items()
        for name in sorted(set(identifiers(module)) - PUNCTUATION_MARKS)
        if set(name.lower().split("_")) & FORBIDDEN
    ]


def test_no_function_has_more_than_50_lines() -> None:
    long = {path for path, node in functions() if (node.end_lineno or 0) - node.lineno >= 50}

    assert long == set()


def test_no_function_but_a_reader_has_more_than_8_arguments() -> None:
    def count(node: Function) -> int:
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        return len([argument for argument in arguments if argument.arg not in ("self", "cls")])

    assert [path for path, node in functions() if count(node) > 8 and not is_reader(path)] == []


def test_no_module_has_more_than_300_lines_and_the_median_has_at_most_100() -> None:
    sizes = {str(path.relative_to(PACKAGE)): line_count(path) for path in MODULES}

    assert {name: size for name, size in sizes.items() if size > 300} == {}
    assert median(sizes.values()) <= 100


def test_docstrings_begin_with_a_verb_or_a_noun() -> None:
    assert vague_docstrings() == []


def test_names_have_no_word_of_the_old_dialect() -> None:
    assert forbidden_names() == []


def test_no_two_public_things_share_a_name() -> None:
    assert names_of_two_things() == {}
