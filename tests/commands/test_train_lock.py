"""Run folders of trainings that start at the same time: one training holds each."""

import subprocess
import sys
from pathlib import Path

import pytest

from seq2seq.storage.temporary import temporary_name
from tests.conftest import TINY
from tests.processes import start_command
from tests.toy_corpus import write_corpus


@pytest.mark.slow
@pytest.mark.parametrize("again", [[], ["resume=true"]])
def test_of_two_trainings_into_one_folder_one_runs_and_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, again: list[str]
) -> None:
    monkeypatch.setenv("SEQ2SEQ_CACHE", str(tmp_path / "cache"))
    write_corpus(tmp_path)
    words = [*TINY, f"data.path={tmp_path}", "hydra.run.dir=run", "train.budget=null"]
    if again:
        begun = start_command("train", *words, "train.steps=2", folder=tmp_path)
        begun.communicate(timeout=300)
        assert begun.returncode == 0
        left = temporary_name(tmp_path / "run" / "last.safetensors")  # as a kill leaves it
        left.touch()

    both = [
        start_command("train", *words, "train.steps=20", *again, folder=tmp_path) for _ in range(2)
    ]
    errors = [process.communicate(timeout=300)[1] for process in both]

    codes = sorted(process.wait() for process in both)
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
