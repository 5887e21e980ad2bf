"""A run folder from a stranger runs nothing, reads nothing outside itself, and ends in one line."""

import importlib
import json
import os
import pkgutil
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from safetensors.torch import load_file, save_file

import seq2seq
from seq2seq.config.allowed_classes import NODES, require_known_targets, shipped_targets
from seq2seq.config.earlier import to_current_names
from seq2seq.errors import ConfigError, RunError, UserError
from seq2seq.run_folder import RunFolder
from seq2seq.storage.plain_yaml import read_plain_yaml
from tests.posix import needs_posix
from tests.processes import run_command

FROZEN = Path(__file__).parents[1] / "frozen_runs" / "9491cbe"
RUN = "torch.utils.collect_env.run"
CREATE = "${oc.create:{_target_:" + RUN + ",command:'touch PWNED'}}"
DECODE = "${oc.decode:'{_target_: " + RUN + ", command: touch PWNED}'}"
# The ways by which code ran from a run folder once, as values of a node.
ATTACKS: dict[str, Any] = {
    "oc.create below a builder": {"_target_": "seq2seq.builders.instantiate_node", "node": CREATE},
    "oc.create below the builder of before": {"_target_": "seq2seq.build.make", "node": CREATE},
    "oc.decode below a builder": {"_target_": "seq2seq.builders.instantiate_node", "node": DECODE},
    "the whole node": DECODE,
    "twice escaped": {"_target_": "seq2seq.build.make", "node": "\\" + CREATE},
    "a class of torch": {"_target_": RUN, "command": "touch PWNED"},
    "a class of Python": {"_target_": "os.system", "command": "touch PWNED"},
    "_partial_": {"_target_": "seq2seq.model.cells.rnn.GRU", "_partial_": True},
    "_args_": {"_target_": "seq2seq.model.cells.rnn.GRU", "_args_": [1]},
    "_convert_": {"_target_": "seq2seq.model.cells.rnn.GRU", "_convert_": "object"},
    "a class below a class": {
        "_target_": "seq2seq.model.cells.rnn.LSTM",
        "forget_bias": {"_target_": RUN, "command": "touch PWNED"},
    },
}
COMMANDS = ("translate", "evaluate", "quantize", "export", "inspect")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small translation run of an earlier commit."""
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(FROZEN / "translation", tmp_path / "run"))


def with_node(run: Path, node: str, value: Any) -> None:
    """Write `value` where config.yaml has `node`."""
    options: Any = yaml.safe_load((run / "config.yaml").read_text(encoding="utf-8"))
    *parents, name = node.split(".")
    parent = options
    for key in parents:
        parent = parent[key]
    parent[name] = value
    (run / "config.yaml").write_text(yaml.safe_dump(options), encoding="utf-8")


def refusal(run: Path) -> str:
    """The one line by which the folder is refused."""
    with pytest.raises(UserError) as caught:
        seq2seq.load(run).translate(["wir sehen"])
    message = " ".join(str(caught.value).split())
    assert message
    return message


@pytest.mark.parametrize("node", [node for node in NODES if node != "model.embedding"])
@pytest.mark.parametrize("attack", ATTACKS)
def test_no_node_of_a_run_folder_runs_code(run: Path, node: str, attack: str) -> None:
    # 9491cbe called two nodes otherwise.
    name = {"model.initial_state": "model.initial", "tracker": "track"}.get(node, node)
    with_node(run, name, ATTACKS[attack])

    refusal(run)

    assert not Path("PWNED").exists()


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("attack", ["oc.create below a builder", "the whole node"])
def test_no_command_runs_code_of_a_run_folder(run: Path, command: str, attack: str) -> None:
    with_node(run, "model.cell", ATTACKS[attack])
    given = (
        [f"run={run}", "output=out"]
        if command in ("quantize", "export", "inspect")
        else [f"run={run}"]
    )

    ended = run_command(command, *given)

    assert ended.returncode == 1
    assert len(ended.stderr.splitlines()) == 1
    assert "Traceback" not in ended.stderr
    assert not Path("PWNED").exists()


def callables() -> Iterator[str]:
    """Every class and function of the package, by module and name."""
    for module in pkgutil.walk_packages(seq2seq.__path__, "seq2seq."):
        if module.name.endswith("__main__"):
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            if callable(value):
                yield f"{module.name}.{name}"


def test_only_shipped_choices_of_a_node_are_its_targets(run: Path) -> None:
    """Of every class and function of the package only the choices in conf/ are taken."""
    options = to_current_names(read_plain_yaml(run / "config.yaml"))
    shipped, checked = shipped_targets("model.cell"), 0
    for target in callables():
        if target in shipped:
            continue
        options["model"]["cell"] = {"_target_": target}
        with pytest.raises(ConfigError, match=r"model\.cell takes"):
            require_known_targets(options, {"seq2seq", ""})
        checked += 1
    assert checked > 300


def test_a_trusted_module_gives_classes_and_nothing_else_does(run: Path) -> None:
    with_node(run, "model.cell", {"_target_": "own.cells.Mine"})

    with pytest.raises(RunError, match="there is no module own"):
        RunFolder(run).read_config(["own"])
    with pytest.raises(RunError, match="not trusted"):
        RunFolder(run).read_config(["owned"])


BOMBS = {
    "lists": "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b]\n",
    "maps": "a: &a {k: x}\nb: &b {k: *a, l: *a}\nc: {<<: *b}\n",
    "itself": "a: &a [*a]\n",
    "interpolations": "a: ${b}${b}\nb: ${c}${c}\nc: xxxxxxxxxxxxxxxx\n",
    "nesting": "a: " + "[" * 100_000 + "]" * 100_000 + "\n",
    "flow maps": "a: " + "{b: " * 100_000 + "1" + "}" * 100_000 + "\n",
    "size": "a: " + "x" * 2**21 + "\n",
    "tags": "a: !!python/object/apply:os.system ['touch PWNED']\n",
    "a number of many digits": "a: " + "9" * 100_000 + "\n",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_options_that_would_grow_are_refused(run: Path, bomb: str) -> None:
    (run / "config.yaml").write_text(BOMBS[bomb], encoding="utf-8")

    assert "config.yaml" in refusal(run)
    assert not Path("PWNED").exists()


@pytest.mark.parametrize("layers", [10**9, 10**30])
def test_a_network_of_absurd_size_is_refused(run: Path, layers: int) -> None:
    with_node(run, "model.encoder.layers", layers)

    assert "layers" in refusal(run)


@needs_posix
@pytest.mark.parametrize("name", ["config.yaml", "model.safetensors", "tokenizer.model"])
def test_a_pipe_in_place_of_a_file_does_not_hang(run: Path, name: str) -> None:
    (run / name).unlink()
    os.mkfifo(run / name)

    refusal(run)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there are no such devices")
@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.model", "config.yaml"])
def test_a_link_out_of_the_folder_is_refused(run: Path, name: str) -> None:
    (run / name).unlink()
    (run / name).symlink_to("/dev/zero")

    refusal(run)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_hold_nan_are_refused(run: Path, value: float) -> None:
    weights = load_file(run / "model.safetensors")
    name = next(name for name, weight in weights.items() if weight.dtype == torch.float32)
    weights[name] = weights[name].clone().fill_(value)
    save_file(weights, run / "model.safetensors")

    assert "NaN" in refusal(run)


@pytest.mark.parametrize(
    "line", ["[" * 10_000 + "]" * 10_000, "[1]", '{"source": 1, "target": "x"}', '{"other": "x"}']
)
def test_held_out_text_that_is_no_pair_is_refused(run: Path, line: str) -> None:
    (run / "test.jsonl").write_text(line + "\n", encoding="utf-8")

    with pytest.raises(RunError, match=r"test\.jsonl"):
        RunFolder(run).read_test()


def test_escape_codes_of_a_run_folder_do_not_reach_a_terminal(run: Path) -> None:
    with_node(run, "model.cell", {"_target_": "seq2seq.\x1b[31mred\x07"})

    ended = run_command("translate", f"run={run}")

    assert ended.returncode == 1
    assert "\x1b" not in ended.stderr
    assert "\x07" not in ended.stderr


def test_what_is_known_of_a_run_is_plain_data(run: Path) -> None:
    (run / "run.json").write_text('{"format": 1, "a": ' + "[" * 100_000, encoding="utf-8")

    with pytest.raises(RunError, match=r"run\.json"):
        RunFolder(run).read_facts()


def test_a_folder_above_runs_names_the_newest(run: Path, tmp_path: Path) -> None:
    above = tmp_path / "runs"
    for number, name in enumerate(("first", "second")):
        shutil.copytree(run, above / name)
        os.utime(above / name / "config.yaml", (number, number))

    with pytest.raises(RunError, match=r"the newest run in it is .*second"):
        seq2seq.load(above)


def test_expected_outputs_stay(run: Path) -> None:
    """The folder that all these tests change is sound: unchanged it translates as it did."""
    expected = json.loads((run / "expected.json").read_text(encoding="utf-8"))

    assert expected
    assert len(seq2seq.load(run).translate(["wir sehen"])) == 1


@pytest.mark.parametrize(
    ("protect", "changed", "message"),
    [
        ({}, {"number_format": {"decimal": [".", "x" * 9]}}, "run.json has no number_format"),
        ({}, {"number_format": 3}, "run.json has no number_format"),
        ({"patterns": ["("]}, {}, "the regular expression '\\(' is wrong"),
        ({"words": [""]}, {}, "the word '' is empty"),
        ({}, {"protected_kinds": [["number"]]}, "unknown kinds of spans"),
        ({}, {"protected_kinds": "number"}, "unknown kinds of spans"),
    ],
)
def test_rules_of_spans_that_cannot_be_used_are_one_message(
    tmp_path: Path, protect: dict[str, object], changed: dict[str, object], message: str
) -> None:
    run = Path(shutil.copytree(FROZEN / "translation", tmp_path / "run"))
    config = yaml.safe_load((run / "config.yaml").read_text(encoding="utf-8"))
    (run / "config.yaml").write_text(yaml.safe_dump(config | {"protect": protect}))
    facts = json.loads((run / "run.json").read_text(encoding="utf-8"))
    (run / "run.json").write_text(json.dumps(facts | changed))

    with pytest.raises(UserError, match=message):
        seq2seq.load(run)


def test_an_expression_of_exponential_time_ends_a_translation(run: Path) -> None:
    options = yaml.safe_load((run / "config.yaml").read_text(encoding="utf-8"))
    options["protect"] = {"patterns": ["(a|a|a)*[yz]"]}
    (run / "config.yaml").write_text(yaml.safe_dump(options), encoding="utf-8")
    translator = seq2seq.load(run)

    assert len(translator.translate(["wir sehen ay"])) == 1
    with pytest.raises(
        ConfigError, match=r"'\(a\|a\|a\)\*\[yz\]' takes more than 1.0 s for a line"
    ):
        translator.translate(["wir sehen " + "a" * 60])
