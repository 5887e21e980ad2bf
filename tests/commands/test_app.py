"""What every command does around its work."""

import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest
from hydra.errors import HydraException

from seq2seq.commands import train
from seq2seq.commands.app import validate_early
from seq2seq.commands.compose import compose, parse_arguments
from seq2seq.config.paths import CONF_DIR
from seq2seq.config.training import TrainConfig
from seq2seq.config.validation import to_schema
from seq2seq.errors import ConfigError


def test_weights_of_corpora_can_be_given_on_the_command_line() -> None:
    cfg = compose("train", ["data=joined", "data.weights={news: 3}"])

    assert cfg.data.weights == {"news": 3}


@pytest.mark.parametrize("resume", ["resume=true", "resume=True", "++resume=1", "resume=yes"])
def test_resuming_finds_the_newest_run_of_the_name(
    resume: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for time in ("1", "2", "3"):
        (tmp_path / "runs" / "mine" / time).mkdir(parents=True)
        if time != "3":  # which was killed before its first checkpoint
            (tmp_path / "runs" / "mine" / time / "last.safetensors").touch()
    recipes = tmp_path / "own" / "recipe"
    recipes.mkdir(parents=True)
    (recipes / "mine.yaml").write_text(
        "# @package _global_\nname: mine\ndata: {source: en, target: de}\n", encoding="utf-8"
    )
    command = ["seq2seq-train", "--config-dir", str(tmp_path / "own"), "+recipe=mine"]

    monkeypatch.setattr(sys, "argv", [*command, resume])
    assert train.newest_run() == [Path("runs/mine/2")]
    monkeypatch.setattr(sys, "argv", [*command, "resume=false"])
    assert train.newest_run() == []


def help_into(stdout: int) -> tuple[int, str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "seq2seq.train", "--help"],
        stdout=stdout, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    if process.stdout:
        process.stdout.close()
    _, err = process.communicate(timeout=60)
    return process.returncode, err


def test_when_nobody_reads_nothing_is_said() -> None:
    assert help_into(subprocess.PIPE) == (1, "")


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="this system has no /dev/full")
def test_a_full_disk_behind_standard_output_is_one_line() -> None:
    with Path("/dev/full").open("w") as full:
        code, err = help_into(full.fileno())

    assert code == 1
    assert err == "seq2seq.train: [Errno 28] No space left on device\n"


def test_a_recipe_whose_first_line_is_another_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "recipe").mkdir()
    (tmp_path / "recipe" / "late.yaml").write_text("# mine\nname: late\n", encoding="utf-8")

    done = subprocess.run(
        [sys.executable, "-m", "seq2seq.train", "--config-dir", str(tmp_path), "+recipe=late"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 1
    assert done.stderr == (
        "seq2seq.train: in recipe/late.yaml: its first line must be # @package _global_\n"
    )


def test_help_lists_what_the_search_path_has(tmp_path: Path) -> None:
    for name in ("recipe/mine", "data/ours", "model/cell/strange"):
        file = tmp_path / f"{name}.yaml"
        file.parent.mkdir(parents=True)
        file.write_text("# @package _global_\n", encoding="utf-8")

    done = subprocess.run(
        [sys.executable, "-m", "seq2seq.train", "--help", "--config-dir", str(tmp_path)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    shown = reversed(done.stdout.splitlines())  # the choices stand above the options
    lines = dict(line.partition(": ")[::2] for line in shown)
    listed = {
        group: set(lines[group].split(", "))
        for group in ("Recipes (+recipe=NAME)", "data", "model/cell")
    }
    assert {"mine", "en-de"} <= listed["Recipes (+recipe=NAME)"]
    assert {"ours", "tsv", "homeassistant"} <= listed["data"]
    assert {"strange", "gru"} <= listed["model/cell"]


def test_the_recipe_that_joined_shows_composes(tmp_path: Path) -> None:
    lines = (CONF_DIR / "data" / "joined.yaml").read_text(encoding="utf-8").splitlines()
    shown = [line.removeprefix("#   ") for line in lines if line.startswith("#   ")]
    (tmp_path / "recipe").mkdir()
    (tmp_path / "recipe" / "both.yaml").write_text("\n".join(shown), encoding="utf-8")

    data = to_schema(
        compose("train", ["+recipe=both", f"hydra.searchpath=['{tmp_path}']"]), TrainConfig
    ).data

    assert data["weights"] == {"talks": 3}
    assert {n: part["_target_"].rsplit(".")[-1] for n, part in data["corpora"].items()} == {
        "news": "tsv",
        "talks": "parallel",
    }


@pytest.mark.parametrize(
    ("arguments", "early"),
    [
        (["train.lrr=1"], True),
        (["-m", "train.lrr=1"], True),
        (["-m", "train.lrr=1", "model/cell=gru,lstm", "train.seed=range(1,3)"], True),
        (["-m", "train.seed=1", "model/cell=gru,gruu"], False),  # the first one is right
        (["--config-dir", ".", "train.lrr=1"], True),
        (["--config-dir=.", "-m", "train.lrr=1"], True),
        (["-m", "optimizer.lr=interval(1,2)"], False),
        (["-m", "--config-dir", ".", "+recipe=swept"], False),  # it gives the language
        (["name='${hydra:job.name}'"], False),
        (["--cfg", "job", "train.lrr=1"], False),
        ([], False),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_mistakes_are_told_before_hydra_sets_itself_up(
    arguments: list[str], early: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "recipe").mkdir()
    (tmp_path / "recipe" / "swept.yaml").write_text(
        "# @package _global_\nhydra: {sweeper: {params: {data.target: 'de,fr'}}}\n"
    )
    given = ["data.source=en", *([] if "+recipe=swept" in arguments else ["data.target=de"])]
    monkeypatch.setattr(sys, "argv", ["seq2seq-train", *arguments, *given])

    with pytest.raises((ConfigError, HydraException)) if early else nullcontext():
        validate_early("train", TrainConfig, parse_arguments("train"))
