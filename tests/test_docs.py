"""What the documents say is there: files, names, options, lines of code, and commands."""

import ast
import re
import shlex
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from seq2seq import builders
from seq2seq.commands import compose, messages
from seq2seq.config.paths import CONF_DIR, RECIPES_DIR
from seq2seq.config.training import ModelOptions
from seq2seq.config.validation import to_schema

ROOT = Path(__file__).resolve().parent.parent
PAGES = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "CONTRIBUTING.md"]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
PIECES = 300
NETWORKS: dict[str, Callable[[ModelOptions], Any]] = {
    "TranslationTask": lambda m: builders.build_translation(
        m, builders.VocabSizes(PIECES, PIECES, True)
    ),
    "LanguageModelTask": lambda m: builders.build_language_model(m, PIECES),
    "CaptioningTask": lambda m: builders.build_captioner(
        m, builders.instantiate_node("model.vision", m.vision), PIECES
    ),
    "ClassificationTask": lambda m: builders.build_classifier(m, PIECES, 2),
}


def blocks(kind: str) -> list[str]:
    """What stands in the boxes of one kind, of all pages."""
    found = (BLOCK.findall(page.read_text(encoding="utf-8")) for page in PAGES)
    return [text for page in found for name, text in page if name == kind]


def spans(page: Path) -> list[str]:
    """What stands between backticks, outside boxes; not what has a placeholder in capitals."""
    text = BLOCK.sub("", page.read_text(encoding="utf-8"))
    found = dict.fromkeys(re.findall(r"`([^`\n]+)`", text))
    return [span for span in found if not re.search(r"NAME|RUN|FILE", span)]


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


@cache
def names() -> set[str]:
    """Every name and text in the package, dotted where it is of a class, and what can be chosen."""
    found = {path.stem for folder in (CONF_DIR, RECIPES_DIR) for path in folder.rglob("*.yaml")}
    for file in (*ROOT.glob("seq2seq/**/*.py"), *ROOT.glob("tests/**/*.py")):
        for node in ast.walk(tree(file)):
            if isinstance(node, ast.ClassDef):
                parts = (getattr(part, "name", "") for part in node.body)
                found |= {node.name, *(f"{node.name}.{part}" for part in parts)}
            elif isinstance(node, ast.FunctionDef):
                found.add(node.name)
            elif isinstance(node, ast.Constant) and file.is_relative_to(ROOT / "seq2seq"):
                found.add(str(node.value))
            elif isinstance(node, ast.Attribute):
                found |= {node.attr, ast.unparse(node)}
            elif isinstance(node, ast.Name):
                found.add(node.id)
            elif isinstance(node, ast.arg):
                found.add(node.arg)
    return found


@cache
def options() -> set[str]:
    """Every option of every command, and every part of one."""
    keys = {key for name in compose.SCHEMAS for key in messages.known_keys(name)}
    return {".".join(key.split(".")[: n + 1]) for key in keys for n in range(key.count(".") + 1)}


def source(file: Path, name: str) -> list[str]:
    """The lines of a function or class, `Class.method` with its class."""
    node: Any = tree(file)
    for part in name.split("."):
        node = next(child for child in node.body if getattr(child, "name", "") == part)
    return file.read_text(encoding="utf-8").splitlines()[node.lineno - 1 : node.end_lineno]


def is_there(span: str) -> bool:
    """Whether a file, a name, an option or a choice is; True of what is none of these."""
    choice = re.fullmatch(r"([a-z]+(?:/[a-z]+)*)=(\w+)", span)
    if choice and (CONF_DIR / choice[1]).is_dir():
        return (CONF_DIR / choice[1] / f"{choice[2]}.yaml").is_file()
    if option := re.fullmatch(r"([a-z]\w*(?:\.\w+)*)=\S+", span):
        return option[1] in options()
    if re.fullmatch(r"[\w.-]+(/[\w.-]+)+/?|[\w-]+\.(py|yaml|md|png|toml)", span):
        places = (ROOT / span, ROOT / "seq2seq" / span)
        return any(place.exists() for place in places) or span in names()
    if dotted := re.fullmatch(r"(seq2seq(?:\.\w+)*)\.([A-Z]\w+)", span):
        return bool(source(ROOT / f"{dotted[1].replace('.', '/')}.py", dotted[2]))
    if re.fullmatch(r"[A-Za-z_][\w-]+(\.\w+)*", span):
        return span in names() or span in options()
    return True


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_names_is_there(page: Path) -> None:
    assert [span for span in spans(page) if not is_there(span)] == []


def test_what_is_not_there_is_seen() -> None:
    there = [
        "seq2seq/run_folder.py",
        "Cell.step",
        "train.bptt",
        "model/cell=gru",
        "data.path=x",
        "en-de",
    ]
    wrong = ["seq2seq/runs.py", "Cell.stop", "train.bppt", "model/cell=gnu", "data.past=x", "en-dd"]

    assert [is_there(span) for span in there] == [True] * 6
    assert [is_there(span) for span in wrong] == [False] * 6


@pytest.mark.parametrize("block", blocks("python"), ids=lambda block: block.split("\n")[0])
def test_quoted_lines_are_in_the_code_in_this_order(block: str) -> None:
    head, *lines = [line.strip() for line in block.splitlines()]
    file, name = head.removeprefix("# ").split(", ")

    rest = iter(line.strip() for line in source(ROOT / file, name))

    assert [line for line in lines if line not in rest] == []


def alternatives(line: str) -> list[list[str]]:
    """The words of a command; of a sweep (-m), as many commands as show every value once."""
    words = shlex.split(line)
    if "-m" not in words[3:]:
        return [words]
    swept = [word.partition("=") for word in words[3:] if word != "-m"]
    values = [value.split(",") for _, _, value in swept]
    return [
        [
            *words[:3],
            *(f"{key}={v[n % len(v)]}" for (key, _, _), v in zip(swept, values, strict=True)),
        ]
        for n in range(max(map(len, values)))
    ]


LINES = [line for block in blocks("bash") for line in block.splitlines()]


@pytest.mark.parametrize("words", [w for line in LINES for w in alternatives(line)], ids=" ".join)
def test_every_command_composes_and_its_parts_fit_together(words: list[str]) -> None:
    python, module, name, *overrides = words

    assert (python, module) == ("python", "-m")
    kind = name.removeprefix("seq2seq.")
    config = to_schema(compose.compose(kind, overrides), compose.SCHEMAS[kind])
    if kind == "train":
        NETWORKS[config.task["_target_"].rpartition(".")[2]](config.model)
