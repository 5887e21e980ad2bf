"""Every option can be documented from the sources: type, default, range and meaning."""

import subprocess
import sys
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from seq2seq.commands.compose import SCHEMAS
from seq2seq.config.commands import EvaluateConfig, TranslateConfig
from seq2seq.config.describe import (
    OptionDescription,
    describe_choice,
    describe_options,
    yaml_comments,
)
from seq2seq.config.paths import CONF_DIR, RECIPES_DIR
from seq2seq.config.training import TrainConfig
from seq2seq.config.validation import schema_keys


def described(schema: type, key: str, choice: str = "") -> OptionDescription:
    [description] = [o for o in describe_options(schema) if (o.key, o.choice) == (key, choice)]
    return description


@pytest.mark.parametrize("command", SCHEMAS)
def test_every_option_of_every_command_is_described_in_one_line(command: str) -> None:
    options = describe_options(SCHEMAS[command])

    assert [o.key for o in options if not o.choice and not o.meaning] == []
    assert [o for o in options if "\n" in "".join(o)] == []
    keys = {o.key.replace("/", ".") for o in options if not o.choice}
    sections = {key.rpartition(".")[0] for key in keys}
    missing = {key for key in schema_keys(SCHEMAS[command]) if key not in keys | sections}
    assert {key for key in missing if not any(s.startswith(f"{key}.") for s in sections)} == set()


@pytest.mark.parametrize(
    "file",
    [*sorted(CONF_DIR.rglob("*/*.yaml")), *sorted(RECIPES_DIR.glob("data/*.yaml"))],
    ids=lambda file: f"{file.parent.name}={file.stem}",
)
def test_every_argument_of_a_choice_has_a_comment_with_its_meaning(file: Path) -> None:
    comments = yaml_comments(file.read_text(encoding="utf-8"))
    if "_target_" not in comments:  # a file of Hydra's own groups
        return

    assert comments.keys() == set(OmegaConf.load(file))
    assert [name for name in comments if name != "_target_" and len(comments[name]) < 8] == []


def test_an_argument_without_a_comment_has_an_empty_meaning() -> None:
    text = "# A choice.\n_target_: a.b\nsize: 1 # of it\nname: 'a # b'\nlast: 2\n# below\n"

    assert yaml_comments(text) == {"_target_": "", "size": "of it", "name": "", "last": "below"}


def test_a_closed_option_has_type_default_range_and_the_comment_behind_it() -> None:
    assert described(TrainConfig, "model.encoder.layers") == OptionDescription(
        "model.encoder.layers", "whole number", "1", "from 1 to 64", "recurrent layers"
    )
    assert described(TrainConfig, "train.steps")[1:4] == (
        "whole number or null", "null", "from 1 to 1e9",
    )  # fmt: skip
    assert described(TrainConfig, "train.device").range == "auto, cpu, cuda or mps"


def test_comment_lines_above_an_option_are_its_meaning_where_there_is_none_behind_it() -> None:
    assert described(TrainConfig, "batches.reset").meaning == (
        "Tokens after which a stream of a language model starts from the initial state again, "
        "on average; 0: never."
    )
    assert described(TrainConfig, "tokenizer.vocab_size").meaning.startswith("tokens; null")


def test_a_marker_of_the_linter_behind_an_option_is_no_meaning() -> None:
    assert described(TrainConfig, "tokenizer.transforms").meaning == (
        "Applied to every line in this order before it is tokenised; the last is normalize."
    )


def test_an_inherited_option_is_described_by_the_class_that_declares_it() -> None:
    assert described(EvaluateConfig, "batch") == described(TranslateConfig, "batch")
    assert described(EvaluateConfig, "bootstrap").range == "0, or from 2 to 10000"


def test_a_group_has_its_choices_and_the_default_of_the_command() -> None:
    cell = described(TrainConfig, "model/cell")

    assert (cell.type, cell.default) == ("choice", "gru")
    assert cell.range.split(", ") == sorted(
        file.stem for file in (CONF_DIR / "model" / "cell").glob("*.yaml")
    )
    assert cell.meaning == "the recurrent cell of all layers"
    assert describe_choice("model/cell", "gru") == "Gated recurrent unit, Cho et al. (2014)."


def test_an_argument_of_a_choice_is_described_by_its_file() -> None:
    size = described(TranslateConfig, "search.beam_size", "search=beam")

    assert (size.type, size.default, size.range) == ("whole number", "5", "from 1 to 1000")
    assert size.meaning
    betas = described(TrainConfig, "optimizer.betas", "optimizer=adamw")
    assert (betas.type, betas.default, betas.range) == ("list", "[0.9,0.999]", "from 0 to below 1")


def test_options_are_described_without_torch() -> None:
    code = (
        "import sys; from seq2seq.config.describe import describe_options as d;"
        "from seq2seq.config.training import TrainConfig as T;"
        "print(len(d(T)) > 100, 'torch' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["True", "False"]
