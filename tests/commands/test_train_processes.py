"""Training that torchrun starts."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import TINY
from tests.toy_corpus import write_corpus


def start(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    own = {"SEQ2SEQ_CACHE": str(folder / "cache"), "OMP_NUM_THREADS": "1", **environment}
    return subprocess.run(
        [sys.executable, *words], cwd=folder, env=os.environ | own,
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


def test_training_in_several_processes_is_refused_before_there_is_a_folder(tmp_path: Path) -> None:
    words = ["data.source=en", "data.target=de"]

    done = start(tmp_path, "-m", "seq2seq.train", *words, WORLD_SIZE="2", RANK="1")

    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "seq2seq.train: training runs in one process, and WORLD_SIZE is 2: "
        "torchrun must be given --nproc-per-node 1"
    ]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_torchrun_trains_with_one_process(tmp_path: Path) -> None:
    write_corpus(tmp_path)
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "1"]
    words = [*TINY, f"data.path={tmp_path}", "hydra.run.dir=run", "train.steps=2"]

    done = start(tmp_path, *torchrun, "-m", "seq2seq.train", *words, "train.budget=null")

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "run" / "model.safetensors").is_file()
