from collections.abc import Callable
from pathlib import Path

import pytest

from seq2seq.command import compose
from seq2seq.config.training import CheckConfig, TrainConfig
from seq2seq.config.validation import to_schema
from seq2seq.errors import TextError
from seq2seq.run import Run
from seq2seq.tasks.translation import TranslationTask
from seq2seq.training.measure import measure
from seq2seq.training.session import make
from tests.conftest import TINY


def write(folder: Path, pairs: int) -> str:
    for name, word in (("train.en", "number"), ("train.de", "Zahl")):
        text = "".join(f"{word} {'abcdefghij'[i]}\n" for i in range(pairs))
        (folder / name).write_text(text, encoding="utf-8")
    return f"data.path={folder}"


def test_a_corpus_too_small_to_hold_text_out_is_told_before_training(
    config: Callable[..., TrainConfig], tmp_path: Path
) -> None:
    task = TranslationTask(config(write(tmp_path, 1)), lambda _: None)

    with pytest.raises(TextError, match=r"no validation text: give data\.validation"):
        task.begin(Run(tmp_path / "run"))
    assert not (tmp_path / "run").exists()


def test_the_time_of_an_epoch_is_measured_though_there_is_but_one_batch(tmp_path: Path) -> None:
    cfg = compose("check", [*TINY, write(tmp_path, 9)])

    task, learner, _ = make(to_schema(cfg, CheckConfig), lambda _: None)

    said = list(measure(task, learner, 2))

    assert any(line.startswith("an epoch of 7 pairs: ") for line in said)  # two are held out
