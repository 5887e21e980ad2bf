"""Every option of every command, with values of every wrong kind: a configuration or one line."""

from collections.abc import Iterator
from dataclasses import is_dataclass
from typing import Any, get_type_hints

import pytest
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf

from seq2seq.commands import compose
from seq2seq.commands.compose import SCHEMAS
from seq2seq.commands.messages import explain_hydra
from seq2seq.config.bounds import BOUNDS
from seq2seq.config.literals import read_override
from seq2seq.config.nodes import validate_node
from seq2seq.config.paths import CONF_DIR
from seq2seq.config.signature import signature_of
from seq2seq.config.training import TrainingOptions
from seq2seq.config.validation import to_schema
from seq2seq.errors import ConfigError

Plain = dict[str, Any]
LANGUAGES = ["data.source=en", "data.target=de"]
HUGE = "9" * 400
VALUES = [
    "0", "-1", "1e12", "1e26", "1000000000000", HUGE, "nan", "inf", "-inf", "text", "[1,2]", "[]",
    f"[{','.join(['1'] * 200)}]", "{a:1}", "null", "", "true", "1.5",
]  # fmt: skip
GROUPS = ["model/cell", "model/attention", "model/vision", "optimizer", "schedule", "search"]


def composed(command: str, *overrides: str) -> DictConfig:
    languages = LANGUAGES if command in ("train", "check") else []
    return compose.compose(command, [*languages, *overrides])


def sections(cfg: DictConfig, schema: type, path: str = "") -> Iterator[tuple[str, type, Plain]]:
    """Every dataclass of options, with its path and its options as they were composed."""
    plain: Any = OmegaConf.to_container(cfg, resolve=True)
    yield path, schema, plain
    for name, child in get_type_hints(schema).items():
        if is_dataclass(child):
            assert isinstance(child, type)
            yield from sections(cfg[name], child, f"{path}{name}.")


def options(section: type, plain: Plain) -> list[str]:
    return [name for name in get_type_hints(section) if not isinstance(plain[name], dict)]


def outcome(section: type, plain: Plain, name: str, word: str) -> str:
    """The one line of the refusal of the option `name` of `section`, or nothing."""
    value = read_override(f"key={word}").value()
    try:
        to_schema(OmegaConf.create({**plain, name: value}), section)
    except ConfigError as error:
        return str(error)
    return ""


def assert_one_line(refusals: list[str]) -> None:
    assert [line for line in refusals if "\n" in line or len(line) > 500] == []


@pytest.mark.parametrize("command", [name for name in SCHEMAS if name != "check"])
def test_any_value_of_any_option_is_accepted_or_refused_in_one_line(command: str) -> None:
    for _, section, plain in sections(composed(command), SCHEMAS[command]):
        for name in options(section, plain):
            assert_one_line([outcome(section, plain, name, word) for word in VALUES])


def choices() -> Iterator[tuple[str, str]]:
    for group in GROUPS:
        for file in sorted((CONF_DIR / group).glob("*.yaml")):
            if ":" in file.read_text(encoding="utf-8").partition("_target_:")[2]:
                yield group, file.stem


@pytest.mark.parametrize(("group", "name"), list(choices()))
def test_any_value_of_an_argument_of_a_choice_is_accepted_or_refused_in_one_line(
    group: str, name: str
) -> None:
    node: Any = OmegaConf.to_container(OmegaConf.load(CONF_DIR / group / f"{name}.yaml"))
    for option in node.keys() - {"_target_"}:
        for word in VALUES:
            value = read_override(f"key={word}").value()
            try:
                validate_node("node", {**node, option: value})
            except ConfigError as error:
                assert_one_line([str(error)])


@pytest.mark.parametrize("command", SCHEMAS)
def test_every_number_has_an_upper_bound(command: str) -> None:
    unbounded = []
    for path, section, plain in sections(composed(command), SCHEMAS[command]):
        for name in options(section, plain):
            kind = str(get_type_hints(section)[name])
            if "int" in kind or "float" in kind:
                refused = [outcome(section, plain, name, word) for word in ("1e26", "1" * 300)]
                unbounded += [f"{path}{name}"] * ("" in refused)

    assert unbounded == []


def test_every_numeric_argument_of_every_shipped_class_has_a_range() -> None:
    numeric = set()
    for file in CONF_DIR.rglob("*/*.yaml"):
        target = file.read_text(encoding="utf-8").partition("_target_: ")[2].split("\n")[0]
        signature = signature_of(target) if target else None
        for name, annotation in (signature.types if signature else {}).items():
            option = f"{name}:" in file.read_text(encoding="utf-8")
            if option and ("int" in annotation or "float" in annotation):
                numeric.add((target, name))

    assert len(numeric) > 20
    assert [(t, n) for t, n in sorted(numeric) if n not in BOUNDS.get(t, {})] == []


def test_a_bound_is_of_an_argument_that_exists() -> None:
    for target, bounds in BOUNDS.items():
        signature = signature_of(target)
        assert signature
        assert set(bounds) <= set(signature.names)


@pytest.mark.parametrize(
    ("command", "override", "message"),
    [
        ("translate", "limits.max_length_ratio=1e300", "at most 100, not 1e+300"),
        ("translate", "limits.max_length_extra=1000000000000", "at most 10000, not 1000000000000"),
        ("train", "limits.max_length_extra=20000", "at most 10000, not 20000"),
        ("train", "tokenizer.vocab_size=1000000000000", "at most 1000000, not"),
        ("train", "model.encoder.layers=1000000000", "at most 64, not 1000000000"),
        ("train", "model.embedding_size=1000000000000", "at most 65536, not"),
        ("train", "train.accumulate=100000000000000000000000000", "at most 10000, not"),
        ("train", "model.input_gain=nan", "above 0 and at most 1000000, not nan"),
        ("train", "train.clip=1e7", "at most 1000000, not 10000000.0"),
        ("check", "batches.tokens=0", "positive, not 0"),
        ("evaluate", "bootstrap=1000000000", "from 2 to 10000, not 1000000000"),
        ("score", "threshold=1.5", "from 0 to 1, not 1.5"),
        ("score", "reverse=[" + ",".join("a" * 65) + "]", "at most 64 folders, not 65"),
        ("score", "pairs=[a,b,c]", "a .tsv file, or a list of two files, not"),
        ("inspect", "length=100000000", "at most 10000, not 100000000"),
        ("inspect", "cells=[gru,gru]", "different names, each given once, not gru"),
        ("translate", "run=[" + ",".join("a" * 3000) + "]", "at most 64 folders, not 3000"),
    ],
)
def test_a_number_beyond_its_range_is_refused_with_what_would_be_right(
    command: str, override: str, message: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        to_schema(composed(command, override), SCHEMAS[command])

    option = override.partition("=")[0]
    assert str(refused.value).startswith(f"{option} must be ")
    assert message in str(refused.value)


def test_the_ratio_and_the_longest_source_are_bounded_together() -> None:
    words = ["limits.max_length_ratio=100", "limits.max_source_length=100000"]

    with pytest.raises(ConfigError, match="max_source_length must be at most 100000, not 1e"):
        to_schema(composed("translate", *words), SCHEMAS["translate"])


def test_a_list_of_thousands_is_refused_in_one_readable_line() -> None:
    with pytest.raises(ConfigError) as refused:
        to_schema(OmegaConf.create({"clip": [1] * 5000}), TrainingOptions)

    assert_one_line([str(refused.value)])
    assert str(refused.value).startswith("clip must be a number, not [1, 1, 1")


def test_a_value_that_hydra_itself_refuses_is_one_line() -> None:
    with pytest.raises(HydraException) as refused:
        composed("train", "train.clip=[1,2]")

    assert "train.clip" in explain_hydra(refused.value, "train")
    assert "\n" not in explain_hydra(refused.value, "train")
