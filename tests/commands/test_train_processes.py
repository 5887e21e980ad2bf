"""Training in several processes: the same weights, and an end when one of them fails."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from safetensors.torch import load_file

from tests.conftest import TINY
from tests.posix import needs_posix
from tests.toy_corpus import write_corpus

TORCHRUN = ["torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m"]
OPTIONS = [
    *TINY, "model/attention=general", "model.dropout=0.3", "batches.sentences=8",
    "train.precision=fp32", "validation.interval=100", "train.save_interval=5",
    "train.log_interval=1", "heldout.validation=8", "heldout.test=8",
]  # fmt: skip


def start(folder: Path, *words: str) -> "subprocess.Popen[str]":
    own = {"SEQ2SEQ_CACHE": str(folder / "cache"), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", *words], cwd=folder, env=os.environ | own, text=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip


def train(folder: Path, *words: str) -> str:
    """Train to the end, and return stderr."""
    process = start(folder, "seq2seq.train", f"data.path={folder}", *OPTIONS, *words)
    _, errors = process.communicate(timeout=240)
    assert process.returncode == 0, errors
    return errors


def largest_difference(first: Path, second: Path) -> float:
    """Return the largest difference of a number in the checkpoints of two runs."""
    a, b = (load_file(folder / "last.safetensors") for folder in (first, second))
    assert a.keys() == b.keys()
    return max(float((a[name] - b[name]).abs().max()) for name in a)


def last_step(folder: Path) -> int:
    """Return the step of the last line of the log of a run; 0: there is none yet."""
    try:
        lines = (folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
        return int(json.loads(lines[-1])["step"])
    except (OSError, IndexError, ValueError):
        return 0


def ranks_of(launcher: int) -> dict[int, int]:
    """Return the process numbers of the ranks that a launcher has started."""
    ranks = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            variables = (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        of_rank = [v for v in variables if v.startswith(b"RANK=")]
        if parent == launcher and of_rank:
            ranks[int(of_rank[0][5:])] = int(folder.name)
    return ranks


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a corpus, and a run in one process that accumulates two batches for a step."""
    folder = tmp_path_factory.mktemp("home")
    write_corpus(folder)
    train(folder, "train.accumulate=2", "train.steps=60", "hydra.run.dir=one")
    return folder


@pytest.mark.slow
@needs_posix
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds the processes in /proc")
def test_two_processes_of_which_one_is_killed_end_with_the_weights_of_one(home: Path) -> None:
    words = [f"data.path={home}", *OPTIONS, "train.steps=60", "hydra.run.dir=two"]
    launcher = start(home, *TORCHRUN, "seq2seq.train", *words)
    while last_step(home / "two") < 12:
        assert launcher.poll() is None
        time.sleep(0.05)
    os.kill(ranks_of(launcher.pid)[1], signal.SIGKILL)
    _, errors = launcher.communicate(timeout=120)
    assert launcher.returncode != 0, errors
    assert not (home / "two" / "curves.png").exists()  # it had not ended

    train(home, "train.processes=2", "train.steps=60", "hydra.run.dir=two", "resume=auto")

    # The sum of two gradients does not depend on their order.
    assert largest_difference(home / "one", home / "two") == 0
    assert last_step(home / "two") == 60


@pytest.mark.slow
def test_three_processes_are_one_that_accumulates_and_two_go_on_from_there(home: Path) -> None:
    train(home, "train.accumulate=3", "train.steps=2", "hydra.run.dir=alone")
    train(home, "train.processes=3", "train.steps=2", "hydra.run.dir=other")
    assert largest_difference(home / "alone", home / "other") < 1e-6

    train(home, "train.processes=2", "train.steps=5", "hydra.run.dir=other", "resume=true")
    counts = json.loads(checkpoint_counts(home / "other" / "last.safetensors"))
    assert counts["batches"] == 2 * 3 + 3 * 2  # each batch once


def checkpoint_counts(path: Path) -> str:
    """Return the counts in a checkpoint."""
    from safetensors import safe_open

    with safe_open(path, framework="pt") as file:
        metadata: dict[str, str] = file.metadata()
    return metadata["progress"]


@pytest.mark.slow
def test_a_mistake_in_the_data_is_one_line_and_leaves_no_folder(tmp_path: Path) -> None:
    words = [*TINY, "data.path=nowhere", "train.processes=2"]
    process = start(tmp_path, "seq2seq.train", *words)
    _, errors = process.communicate(timeout=60)

    assert process.returncode == 1
    assert len(errors.splitlines()) == 1
    assert "nowhere" in errors
    assert not (tmp_path / "runs").exists()
