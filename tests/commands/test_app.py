"""The frame of every command: options, mistakes, and the end of the process."""

import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest
import torch
from hydra.errors import HydraException

from seq2seq.commands import train
from seq2seq.commands.app import is_out_of_memory, run_command, validate_early
from seq2seq.commands.compose import compose, parse_arguments
from seq2seq.config.commands import TranslateConfig
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
        if time != "3":  # the last was killed before its first checkpoint
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


def test_a_command_whose_reader_has_gone_ends_silently() -> None:
    assert help_into(subprocess.PIPE) == (1, "")


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="this system has no /dev/full")
def test_a_full_disk_behind_standard_output_is_one_line() -> None:
    with Path("/dev/full").open("w") as full:
        code, err = help_into(full.fileno())

    assert code == 1
    assert err == "seq2seq.train: [Errno 28] No space left on device\n"


def test_a_recipe_with_another_first_line_is_refused(tmp_path: Path) -> None:
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


def test_the_recipe_in_the_comment_of_joined_composes(tmp_path: Path) -> None:
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
def test_mistakes_are_reported_before_hydra_starts(
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


@pytest.mark.parametrize(
    ("name", "schema", "options", "advice"),
    [
        ("translate", TranslateConfig, ["run=r", "batch=7"], "batch=7 must be smaller"),
        ("train", TrainConfig, ["data.source=en", "data.target=de"], "batches.tokens and "),
    ],
)
@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9 GiB.\nGPU 0"),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"),
    ],
    ids=["GPU", "CPU"],
)
def test_exhausted_memory_is_one_line_that_names_the_batch(
    name: str, schema: type, options: list[str], advice: str, error: RuntimeError,
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
) -> None:  # fmt: skip
    def exhaust(config: object, folder: Path) -> None:
        del config, folder
        raise error

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [f"seq2seq-{name}", *options])
    with pytest.raises(SystemExit) as end:
        run_command(name, schema, exhaust)

    message = str(end.value)
    assert message.startswith(f"seq2seq.{name}: memory is exhausted on the device: {advice}")
    assert message.endswith("must be smaller")
    assert "\n" not in message


def test_other_errors_of_torch_are_no_exhausted_memory() -> None:
    assert not is_out_of_memory(RuntimeError("shapes cannot be multiplied"))


@pytest.mark.parametrize(
    ("name", "word", "message"),
    [
        ("translate", "run=???", "no value for run"),
        ("translate", "input=???", "no value for input"),
        ("translate", "batch=???", "no value for batch"),
        ("translate", "trusted=[???]", "no value for trusted[0]"),
        (
            "translate",
            "search=???",
            "no value for search; choose one of beam, greedy, mbr, ",
        ),
        ("train", "name=???", "no value for name"),
        ("train", "data=???", "no value for data; choose one of "),
    ],
)
def test_a_value_of_question_marks_is_refused_as_none(
    name: str, word: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    more = ["data.source=en", "data.target=de"] if name == "train" and "data" not in word else []
    monkeypatch.setattr(sys, "argv", [f"seq2seq-{name}", word, *more])
    with pytest.raises(SystemExit) as end:
        run_command(name, TrainConfig if name == "train" else TranslateConfig, print)

    assert str(end.value).startswith(f"seq2seq.{name}: {message}")
    assert "\n" not in str(end.value)


@pytest.mark.parametrize(
    ("existing", "stay"),
    [([], []), (["runs"], ["runs"]), (["runs", "runs/mine"], ["runs", "runs/mine"])],
)
def test_a_refused_training_removes_only_the_empty_folders_that_it_has_created(
    existing: list[str], stay: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in existing:
        Path(name).mkdir()
    before = train.run_parents()
    folder = Path("runs/mine/1")
    folder.mkdir(parents=True)

    folder.rmdir()
    train._remove_empty_parents(folder, before)

    assert sorted(str(path) for path in Path().rglob("*")) == stay
