from collections.abc import Callable
from pathlib import Path

import pytest

from seq2seq.commands.compose import compose
from seq2seq.config.checking import CheckConfig
from seq2seq.config.training import TrainConfig
from seq2seq.config.validation import to_schema
from seq2seq.errors import TextError
from seq2seq.run_folder import RunFolder
from seq2seq.tasks.translation import TranslationTask
from seq2seq.training.throughput import measure_throughput
from seq2seq.training.train_model import build_training
from tests.conftest import TINY
from tests.toy_corpus import write_corpus


def write(folder: Path, pairs: int) -> str:
    for name, word in (("train.en", "number"), ("train.de", "Zahl")):
        text = "".join(f"{word} {'abcdefghij'[i]}\n" for i in range(pairs))
        (folder / name).write_text(text, encoding="utf-8")
    return f"data.path={folder}"


def test_a_corpus_too_small_to_hold_out_text_is_an_error_before_training(
    config: Callable[..., TrainConfig], tmp_path: Path
) -> None:
    task = TranslationTask(config(write(tmp_path, 1)), lambda _: None)

    with pytest.raises(TextError, match=r"no validation text: give data\.validation"):
        task.write_run_files(RunFolder(tmp_path / "run"))
    assert not (tmp_path / "run").exists()


def test_the_time_of_an_epoch_is_measured_though_there_is_but_one_batch(tmp_path: Path) -> None:
    cfg = compose("check", [*TINY, write(tmp_path, 9)])

    task, learner, _ = build_training(to_schema(cfg, CheckConfig), lambda _: None)

    said = list(measure_throughput(task, learner, 2))

    assert any(line.startswith("an epoch of 7 pairs: ") for line in said)  # two are held out


def test_a_large_validation_text_is_sampled_with_a_notice(
    config: Callable[..., TrainConfig], tmp_path: Path
) -> None:
    write_corpus(tmp_path)
    files = [f"data.path={tmp_path}", "data.validation=validation", "data.test=test"]
    notices: list[str] = []

    task = TranslationTask(config(*files, "validation.most=5"), notices.append)

    chosen = [pair.source for pair in task.validator.pairs]
    assert chosen == [s for s in task.prepared.validation["source"] if s in chosen]  # in order
    assert len(set(chosen)) == 5
    again = TranslationTask(config(*files, "validation.most=5", "train.seed=2"), notices.append)
    assert [pair.source for pair in again.validator.pairs] == chosen
    assert any("validations translate 5 of 20 sentences" in notice for notice in notices)
    assert len(task.prepared.validation) == 20
