"""What every command does around its work."""

import subprocess
import sys
from pathlib import Path

import pytest

from seq2seq import train
from seq2seq.command import compose


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
    assert train.last_run() == [Path("runs/mine/2")]
    monkeypatch.setattr(sys, "argv", [*command, "resume=false"])
    assert train.last_run() == []


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
