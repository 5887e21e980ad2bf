"""Weights of joined corpora that change over time."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file

from seq2seq.commands import compose
from seq2seq.config.training import BatchOptions, TrainConfig
from seq2seq.config.validation import to_schema
from seq2seq.data.samplers import LengthBatchSampler
from seq2seq.data.stages import StageWeights
from seq2seq.errors import ConfigError
from seq2seq.training import train_model
from tests.conftest import TINY
from tests.posix import needs_posix
from tests.toy_corpus import write_corpus

CORPORA = ["old", "new", "old", "old", "new"]
STAGES = [(2, {"old": 1.0}), (1, {"old": 2.0, "new": 1.0}), (None, {"new": 0.5})]


def sampler(weights: StageWeights) -> LengthBatchSampler:
    lengths = np.full(len(CORPORA), 3, np.int32)
    return LengthBatchSampler(lengths, lengths, weights, BatchOptions(), seed=1)


def test_the_weights_of_an_epoch_are_those_of_its_stage() -> None:
    weights = StageWeights(CORPORA, STAGES)

    assert [weights.of_epoch(epoch).tolist() for epoch in range(5)] == [
        [1, 0, 1, 1, 0],
        [1, 0, 1, 1, 0],
        [2, 1, 2, 2, 1],
        [0, 0.5, 0, 0, 0.5],
        [0, 0.5, 0, 0, 0.5],
    ]


def test_an_epoch_has_each_pair_as_often_as_its_stage_says() -> None:
    made = sampler(StageWeights(CORPORA, STAGES))

    counts = [Counter(int(row) for rows in made.epoch(n) for row in rows) for n in range(203)]

    assert counts[0] == counts[1] == {0: 1, 2: 1, 3: 1}
    assert counts[2] == {0: 2, 1: 1, 2: 2, 3: 2, 4: 1}
    late: Counter[int] = sum(counts[3:], Counter())
    assert set(late) == {1, 4}
    assert 70 < late[1] < 130  # half of 200, with a deviation of 7
    assert made.pairs == 8  # of the largest stage


def test_a_stage_without_pairs_is_refused() -> None:
    with pytest.raises(ConfigError, match="no training pair is left for stage 2"):
        StageWeights(["old", "old"], [(1, {"old": 1.0}), (None, {"new": 1.0})])


def words(folder: Path, run: str) -> list[str]:
    """Options of a run in two stages, of corpora that differ."""
    made = ["data=joined", "data.source=en", "data.target=de", *TINY[2:]]
    for name in ("old", "new"):
        made += [f"+data@data.corpora.{name}=parallel", f"data.corpora.{name}.path={folder / name}"]
        made += [f"data.corpora.{name}.source=en", f"data.corpora.{name}.target=de"]
    made += ["data.corpora.new.validation=validation", "data.corpora.new.test=test"]
    made += ["stages=[{weights: {old: 1}, epochs: 1}, {weights: {old: 0.25, new: 1}}]"]
    made += [
        "train.epochs=3",
        "batches.sentences=8",
        "train.ema.decay=0.9",
        "train.save_interval=3",
    ]
    return [
        *made,
        "validation.interval=30",
        "train.log_interval=1",
        f"hydra.run.dir={folder / run}",
    ]


@needs_posix
@pytest.mark.slow
def test_a_run_that_is_killed_in_its_second_stage_resumes_to_the_same_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train_model, "finish_run", lambda *_: None)
    for name, end in (("old", "."), ("new", " now.")):
        write_corpus(tmp_path / name)
        for language in ("en", "de"):
            file = tmp_path / name / f"train.{language}"
            text = file.read_text(encoding="utf-8").replace(".\n", f"{end}\n")
            file.write_text(text, encoding="utf-8")

    def options(run: str) -> TrainConfig:
        made = [word for word in words(tmp_path, run) if not word.startswith("hydra.")]
        return to_schema(compose.compose("train", [*made, "resume=auto"]), TrainConfig)

    train_model.train_model(options("whole"), tmp_path / "whole")
    command = [sys.executable, "-m", "seq2seq.train", *words(tmp_path, "killed")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ)
    assert process.stdout
    for line in process.stdout:
        if line.startswith("epoch 2") and "step 2" in line:  # 18 steps an epoch: the second stage
            break
    time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.communicate()

    train_model.train_model(options("killed"), tmp_path / "killed")

    for name in ("last.safetensors", "model.safetensors"):
        one, other = (load_file(tmp_path / run / name) for run in ("whole", "killed"))
        assert one.keys() == other.keys()
        assert [key for key in one if not one[key].equal(other[key])] == []
    log = (tmp_path / "killed" / "metrics.jsonl").read_text(encoding="utf-8")
    assert '"kind": "train"' in log
