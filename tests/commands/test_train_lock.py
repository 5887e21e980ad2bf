"""Run folders of trainings that start at the same time: one training holds each."""

import subprocess
import sys
from pathlib import Path

import pytest

from seq2seq.storage.temporary import temporary_name
from tests.conftest import TINY
from tests.toy_corpus import write_corpus


def start(folder: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "seq2seq.train", *words],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("again", [[], ["resume=true"]])
def test_of_two_trainings_into_one_folder_one_runs_and_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, again: list[str]
) -> None:
    monkeypatch.setenv("SEQ2SEQ_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    write_corpus(tmp_path)
    words = [*TINY, f"data.path={tmp_path}", "hydra.run.dir=run", "train.budget=null"]
    if again:
        begun = start(tmp_path, *words, "train.steps=2")
        begun.communicate(timeout=300)
        assert begun.returncode == 0
        left = temporary_name(tmp_path / "run" / "last.safetensors")  # as a kill leaves it
        left.touch()

    both = [
        start(tmp_path, *words, f"train.seed={seed}", "train.steps=200", *again) for seed in (1, 1)
    ]
    errors = [process.communicate(timeout=300)[1] for process in both]

    codes = sorted(process.returncode for process in both)
    assert codes == [0, 1], errors
    [refused] = [e for p, e in zip(both, errors, strict=True) if p.returncode]
    assert len(refused.splitlines()) == 1
    assert "in use by another training" in refused or "holds a run already" in refused
    assert (tmp_path / "run" / "model.safetensors").is_file()
    assert not again or not left.exists()


def test_trainings_that_start_in_the_same_second_have_folders_of_their_own() -> None:
    program = (
        "from seq2seq.commands.compose import compose\n"
        "words = ['data.source=en', 'data.target=de']\n"
        "print(compose('train', words, with_hydra=True).hydra.run.dir)"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]

    assert len({process.communicate()[0] for process in started}) == len(started)
