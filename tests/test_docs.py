"""Files, names, options, links, lines of code, tables and commands in documents are right."""

import ast
import json
import re
import shlex
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from benchmarks import tables
from seq2seq import builders
from seq2seq.commands import compose, messages
from seq2seq.commands.compare import with_runs
from seq2seq.config.paths import CONF_DIR, RECIPES_DIR
from seq2seq.config.training import ModelOptions
from seq2seq.config.validation import to_schema

ROOT = Path(__file__).resolve().parent.parent
DOCS = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md"]
LINKED = [*DOCS, *(ROOT / name / "README.md" for name in (".", "recipes", "benchmarks"))]
PAGES = [page for page in DOCS if page.name != "options.md"]  # which is generated
OF_USER = re.compile(r"(corpus|runs|mine)/|lint-imports$")  # files, and a tool
LINK = re.compile(r"(?<!`)\[[^\]\n]*\]\(([^)\s]+)\)")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
VOCAB_SIZE = 300
NETWORKS: dict[str, Callable[[ModelOptions], Any]] = {
    "TranslationTask": lambda m: builders.build_translation(
        m, builders.VocabSizes(VOCAB_SIZE, VOCAB_SIZE, True)
    ),
    "LanguageModelTask": lambda m: builders.build_language_model(m, VOCAB_SIZE),
    "CaptioningTask": lambda m: builders.build_captioner(
        m, builders.instantiate_node("model.vision", m.vision), VOCAB_SIZE
    ),
    "ClassificationTask": lambda m: builders.build_classifier(m, VOCAB_SIZE, 2),
}


def blocks(kind: str) -> list[str]:
    """Return the code blocks of one kind, of all pages."""
    pages = (BLOCK.findall(page.read_text(encoding="utf-8")) for page in PAGES)
    return [text for page in pages for name, text in page if name == kind]


def spans(page: Path) -> list[str]:
    """Return the text between backticks, outside blocks; none with a placeholder in capitals."""
    text = BLOCK.sub("", page.read_text(encoding="utf-8"))
    unique = dict.fromkeys(re.findall(r"`([^`\n]+)`", text))
    return [span for span in unique if not re.search(r"NAME|RUN|FILE", span)]


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


@cache
def names() -> set[str]:
    """Return every name and text in the package, dotted where it is of a class, and all choices."""
    known = {path.stem for folder in (CONF_DIR, RECIPES_DIR) for path in folder.rglob("*.yaml")}
    for file in (*ROOT.glob("seq2seq/**/*.py"), *ROOT.glob("tests/**/*.py")):
        for node in ast.walk(tree(file)):
            if isinstance(node, ast.ClassDef):
                parts = (getattr(part, "name", "") for part in node.body)
                known |= {node.name, *(f"{node.name}.{part}" for part in parts)}
            elif isinstance(node, ast.FunctionDef):
                known.add(node.name)
            elif isinstance(node, ast.Constant) and file.is_relative_to(ROOT / "seq2seq"):
                known.add(str(node.value))
            elif isinstance(node, ast.Attribute):
                known |= {node.attr, ast.unparse(node)}
            elif isinstance(node, ast.Name):
                known.add(node.id)
            elif isinstance(node, ast.arg):
                known.add(node.arg)
    return known


@cache
def options() -> set[str]:
    """Return every option of every command, and every part of one."""
    keys = {key for name in compose.SCHEMAS for key in messages.known_keys(name)}
    return {".".join(key.split(".")[: n + 1]) for key in keys for n in range(key.count(".") + 1)}


def source(file: Path, name: str) -> list[str]:
    """Return the lines of a function or class, `Class.method` with its class."""
    node: Any = tree(file)
    for part in name.split("."):
        node = next(child for child in node.body if getattr(child, "name", "") == part)
    return file.read_text(encoding="utf-8").splitlines()[node.lineno - 1 : node.end_lineno]


def is_in_package(module: str, name: str) -> bool:
    """Return whether a module, or a package by its folder, has the attribute or module `name`."""
    if (ROOT / f"{module}.py").is_file():
        return bool(source(ROOT / f"{module}.py", name))
    files = [ROOT / f"{module}/{name}.py", ROOT / module / name]
    return any(file.exists() for file in files) or name in names()


def exists(span: str) -> bool:  # noqa: PLR0911  # a line for each kind of name
    """Return whether a file, name, option or choice exists; True of what is none of these."""
    if OF_USER.match(span) or (ROOT / span).is_dir() or (CONF_DIR / span).is_dir():
        return True
    choice = re.fullmatch(r"([a-z]+(?:/[a-z]+)*)=(\w+)", span)
    if choice and (CONF_DIR / choice[1]).is_dir():
        return (CONF_DIR / choice[1] / f"{choice[2]}.yaml").is_file()
    if option := re.fullmatch(r"([a-z]\w*(?:\.\w+)*)=\S+", span):
        return option[1] in options()
    if re.fullmatch(r"[\w.-]+(/[\w.-]+)+/?|[\w-]+\.(py|yaml|md|png|toml)", span):
        files = (ROOT / span, ROOT / "seq2seq" / span)
        return any(file.exists() for file in files) or span in names()
    if dotted := re.fullmatch(r"(seq2seq(?:\.\w+)*)\.(\w+)", span):
        return is_in_package(dotted[1].replace(".", "/"), dotted[2])
    if re.fullmatch(r"[A-Za-z_][\w-]+(\.\w+)*", span):
        return span in names() or span in options()
    return True


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_name_in_a_page_exists(page: Path) -> None:
    assert [span for span in spans(page) if not exists(span)] == []


def test_a_name_that_does_not_exist_is_found() -> None:
    existing = [
        "seq2seq/run_folder.py",
        "Cell.step",
        "train.bptt",
        "model/cell=gru",
        "data.path=x",
        "en-de",
    ]
    mistyped = [
        "seq2seq/runs.py",
        "Cell.stop",
        "train.bppt",
        "model/cell=gnu",
        "data.past=x",
        "en-dd",
    ]

    assert [exists(span) for span in existing] == [True] * 6
    assert [exists(span) for span in mistyped] == [False] * 6


@pytest.mark.parametrize("block", blocks("python"), ids=lambda block: block.split("\n")[0])
def test_quoted_lines_are_in_the_code_in_this_order(block: str) -> None:
    head, *lines = [line.strip() for line in block.splitlines()]
    file, name = head.removeprefix("# ").split(", ")

    rest = iter(line.strip() for line in source(ROOT / file, name))

    assert [line for line in lines if line not in rest] == []


def alternatives(line: str) -> list[list[str]]:
    """Return the words of a command; of a sweep (-m), commands that show every value once."""
    words = shlex.split(line.rpartition(" | ")[2])
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
    overrides = with_runs(overrides) if kind == "compare" else overrides
    config = to_schema(compose.compose(kind, overrides), compose.SCHEMAS[kind])
    if kind == "train":
        NETWORKS[config.task["_target_"].rpartition(".")[2]](config.model)


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    text = BLOCK.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(page: Path) -> list[str]:
    """Return the relative links of a page whose file or heading does not exist."""
    text = BLOCK.sub("", page.read_text(encoding="utf-8"))
    broken = []
    for link in LINK.findall(text):
        if "://" in link:
            continue
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    return broken


@pytest.mark.parametrize("page", LINKED, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_and_anchor_exists(page: Path) -> None:
    assert broken_links(page) == []


def test_a_broken_link_or_anchor_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# One, two\n[a](#one-two) [b](#three) [c](page.md) [d](none.md#one)\n")

    assert broken_links(page) == ["#three", "none.md#one"]


@pytest.mark.parametrize("page", tables.current_documents(), ids=lambda page: page.name)
def test_tables_of_results_and_options_are_those_that_the_command_generates(page: Path) -> None:
    assert page.read_text(encoding="utf-8") == tables.current_documents()[page]


def test_every_committed_result_has_all_fields_and_is_shown_in_a_document() -> None:
    shown = "".join(page.read_text(encoding="utf-8") for page in tables.documents())

    for file in sorted(tables.RESULTS.glob("*.json")):
        result = tables.read_result(file.stem)
        assert list(result) == ["title", "command", "machine", "commit", "date", "columns", "rows"]
        assert {len(row) for row in result["rows"]} == {len(result["columns"])}, file.name
        assert f"<!-- result: {file.stem} -->" in shown


# What was not written down when these were measured; of every later result it is.
UNRECORDED = {
    "machine": {"initial-weights", "memory", "regularisers"},
    "commit": {
        *("attention", "bptt-learning", "bptt-memory", "document-context", "earlier-recipe"),
        *("family", "initial-weights", "memory", "multi30k-earlier-amx", "multi30k-earlier-seeds"),
        *("multi30k-gru", "recipe-scores", "regularisers", "tatoeba", "translation-profile"),
    },
    "date": {
        *("attention", "cells-long", "earlier-recipe", "family", "initial-weights", "levers"),
        *("levers-large-vocabulary", "memory", "multi30k", "multi30k-earlier-amx"),
        *("multi30k-earlier-seeds", "multi30k-gru", "recipe-scores", "regularisers", "searches"),
        *("tatoeba", "translation-profile"),
    },
}


@pytest.mark.parametrize("field", UNRECORDED)
def test_a_result_has_its_machine_commit_and_date(field: str) -> None:
    recorded = {file.stem: tables.read_result(file.stem)[field]
                for file in tables.RESULTS.glob("*.json")}  # fmt: skip

    assert [name for name, value in recorded.items() if not value] == []
    assert {n for n, value in recorded.items() if value == tables.UNKNOWN} == UNRECORDED[field]


def test_numbers_ranges_and_scores_of_a_result_keep_their_digits_in_a_table() -> None:
    result = json.loads(
        '{"title": "T", "command": "c", "machine": "not recorded",'
        ' "commit": "abc", "date": "not recorded",'
        ' "columns": ["a", "b", "c", "d"],'
        ' "rows": [[1000, 1.70, [1, 2.50], {"bleu": 40.9, "chrf2": 64.0}]]}',
        parse_float=Decimal,
    )

    assert tables.render_result(result).splitlines()[2:] == [
        "| 1,000 | 1.70 | 1 to 2.50 | 40.9 / 64.0 |",
        "",
        "T: `c`; machine not recorded; abc; date not recorded.",
    ]


def test_a_long_command_below_a_table_is_broken_between_words() -> None:
    result = {"title": "T", "command": "run " + "a=1 " * 99, "machine": "m", "commit": "c",
              "date": "d", "columns": ["a"], "rows": [[1]]}  # fmt: skip

    about = tables.render_result(result).splitlines()[4:]

    assert max(map(len, about)) <= 120
    assert " ".join(about) == f"T: `run {'a=1 ' * 99}`; m; c; d.".replace("  ", " ")


DECIMAL = re.compile(r"(?<![\w.:])\d+\.\d+(?![\w.:])")


def decimals(text: str) -> list[Decimal]:
    return [Decimal(number) for number in DECIMAL.findall(text)]


def without_result(text: str) -> list[Decimal]:
    """Return the decimal numbers of a text that no committed result rounds to."""
    results = "".join(file.read_text(encoding="utf-8") for file in tables.RESULTS.glob("*.json"))
    committed = decimals(results)
    return [n for n in decimals(text) if all(c.quantize(n) != n for c in committed)]


def test_every_score_in_the_readme_is_a_committed_result() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    family = readme.partition("## The family")[2].partition("## ")[0]

    assert len(decimals(family)) > 10
    assert without_result(family) == []


def test_a_score_without_a_result_is_found() -> None:
    assert without_result("BLEU 40.9, 99.93 and 3.11.7") == [Decimal("99.93")]


def test_the_readme_has_at_most_150_lines() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150
