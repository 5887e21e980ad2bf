"""The training loop on a task of four numbers: its order, its signals, its ends, its resumption."""

import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from torch import nn

from seq2seq.config.training import TrainConfig
from seq2seq.data.batches import Batch, RowIndices
from seq2seq.errors import RunError, Stopped
from seq2seq.run_folder import RunFolder
from seq2seq.training import checkpoint, trainer
from seq2seq.training.ema import WeightEMA
from seq2seq.training.lr_schedules import Constant
from seq2seq.training.metric_logger import MetricLogger, read_metrics
from seq2seq.training.progress import Clock, Progress
from seq2seq.training.task import CarriedStates, Segment, ValidationResult
from seq2seq.training.trackers import NoTracker
from seq2seq.training.train_step import TrainStep
from seq2seq.training.trainer import Trainer

Compose = Callable[..., TrainConfig]
BATCHES = 4  # of an epoch, one example each


class Model(nn.Module):
    """An output layer over one-hot features."""

    def __init__(self) -> None:
        super().__init__()
        self.output = nn.Module()
        self.output.linear = nn.Linear(BATCHES, 3)

    def forward(self, source: torch.Tensor) -> torch.Tensor:
        return nn.functional.one_hot(source, BATCHES).float()


class Examples:
    """Example i is of class i modulo 3; an epoch has them in an order of its own."""

    pairs = BATCHES

    def __init__(self, events: list[str]) -> None:
        self.events = events

    def epoch(self, number: int) -> Iterator[RowIndices]:
        for row in np.random.default_rng(number).permutation(BATCHES):
            yield np.array([row])

    def load(self, rows: RowIndices, epoch: int) -> Batch:
        self.events.append(f"step {epoch}:{rows[0]}")
        source = torch.from_numpy(rows)
        nothing = torch.empty(len(rows), 0, dtype=torch.long)
        return Batch(source, None, nothing, source % 3, torch.arange(len(rows)))


class ToyTask:
    """A task whose validation scores are given."""

    finish_cost = 0.0

    def __init__(self, scores: list[float]) -> None:
        torch.manual_seed(0)
        self.model, self.events, self.scores = Model(), list[str](), scores
        self.train_data = Examples(self.events)

    def segments(self, forward: Any, batch: Batch, carried: CarriedStates) -> Iterator[Segment]:
        del carried
        yield Segment(forward(batch.source), batch.labels)

    def validate(self, report: MetricLogger, step: int) -> ValidationResult:
        del report
        self.events.append(f"validate {step}")
        score = self.scores.pop(0) if self.scores else float(step)
        return ValidationResult(score, {"accuracy": score}, 0.0)


class Run:
    """A toy task, and a trainer of it in `folder`."""

    def __init__(
        self, options: TrainConfig, folder: Path, scores: list[float] | None = None
    ) -> None:
        folder.mkdir(exist_ok=True)
        self.task, self.run = ToyTask(scores or []), RunFolder(folder)
        model = self.task.model
        self.step = TrainStep(
            model,
            self.task.segments,
            torch.optim.AdamW(model.parameters(), lr=0.1),
            Accelerator(cpu=True),
            clip=1.0,
            smoothing=0.0,
            seed=1,
        )
        self.average = WeightEMA(model, 0.9, 1)
        self.trainer = Trainer(
            options,
            self.run,
            self.step,
            Constant(0),
            self.average,
            self.task,  # type: ignore[arg-type]
        )

    def train(self, progress: Progress | None = None, seconds: float = 0.0) -> str:
        self.progress = progress or Progress()
        report = MetricLogger(self.run.metrics, NoTracker(self.run.folder), self.progress.step)
        clock = Clock(0.0, 0.0)
        clock.now = lambda: seconds  # type: ignore[method-assign]
        return self.trainer.train(self.progress, clock, report)

    def resume(self) -> str:
        return self.train(checkpoint.load_checkpoint(self.run.last, self.step, self.average))

    def weights(self) -> dict[str, torch.Tensor]:
        return {n: p.detach().clone() for n, p in self.task.model.named_parameters()}


@pytest.fixture
def options(config: Compose) -> Compose:
    def compose(*overrides: str) -> TrainConfig:
        usual = ("train.epochs=null", "validation.interval=100", "train.save_interval=100")
        return config(*usual, *overrides)

    return compose


def record_saves(run: Run, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record each checkpoint among the events of the task, and return these."""
    save = checkpoint.save_checkpoint

    def recorded(path: Path, step: TrainStep, average: WeightEMA, progress: Progress) -> None:
        run.task.events.append(f"save {progress.step}")
        save(path, step, average, progress)

    monkeypatch.setattr(checkpoint, "save_checkpoint", recorded)
    return run.task.events


def test_a_step_is_followed_by_validation_then_by_saving(
    options: Compose, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(
        options("train.steps=3", "validation.interval=2", "train.save_interval=2"), tmp_path / "run"
    )
    events = record_saves(run, monkeypatch)

    run.train()

    assert [event.split(":")[0] for event in events] == [
        "step 0", "step 0", "validate 2", "save 2", "save 2",
        "step 0", "save 3", "validate 3", "save 3",
    ]  # fmt: skip


def test_the_last_step_is_validated_once(options: Compose, tmp_path: Path) -> None:
    run = Run(options("train.steps=4", "validation.interval=2"), tmp_path / "run")

    run.train()

    assert [e for e in run.task.events if e.startswith("validate")] == ["validate 2", "validate 4"]


def test_an_epoch_has_each_batch_once(options: Compose, tmp_path: Path) -> None:
    run = Run(options("train.epochs=2"), tmp_path / "run")

    reason = run.train()

    assert reason == "train.epochs=2 are done"
    assert (run.progress.step, run.progress.epoch, run.progress.batches) == (8, 2, 0)
    for epoch in "01":
        seen = [e.split(":")[1] for e in run.task.events if e.startswith(f"step {epoch}")]
        assert sorted(seen) == ["0", "1", "2", "3"]


def test_micro_batches_that_do_not_fill_a_step_end_the_epoch(
    options: Compose, tmp_path: Path
) -> None:
    run = Run(options("train.epochs=1", "train.accumulate=3"), tmp_path / "run")

    run.train()

    assert run.progress.step == 2  # of 3 micro-batches, and of 1
    assert run.progress.tokens == BATCHES


@pytest.mark.parametrize(
    ("overrides", "scores", "seconds", "reason", "step"),
    [
        (["train.steps=3"], [], 0.0, "train.steps=3 are done", 3),
        (["train.epochs=1"], [], 0.0, "train.epochs=1 are done", 4),
        (["train.budget=1m", "train.steps=9"], [], 70.0, "train.budget=1m is used up", 0),
        (
            ["train.steps=9", "validation.interval=1", "validation.patience=2"],
            [3.0, 2.0, 3.0],  # equal is not better
            0.0,
            "no better score in 2 validations",
            3,
        ),
    ],
)
def test_training_returns_its_stop_reason(
    overrides: list[str], scores: list[float], seconds: float, reason: str, step: int,
    options: Compose, tmp_path: Path,
) -> None:  # fmt: skip
    run = Run(options(*overrides), tmp_path / "run", scores)

    assert run.train(seconds=seconds) == reason
    assert run.progress.step == step


def test_a_run_that_is_worse_than_most_of_a_sweep_ends(options: Compose, tmp_path: Path) -> None:
    rising, falling = [1.0, 2.0, 3.0, 4.0], [1.0, 0.5, 0.5, 0.5]
    words = ("train.steps=4", "validation.interval=1", "validation.median_stop=true")
    reasons = [
        Run(options(*words), tmp_path / str(i), list(scores)).train()
        for i, scores in enumerate((rising, falling, rising, rising, falling))
    ]

    assert reasons[:4] == ["train.steps=4 are done"] * 4
    assert reasons[4].startswith("the best score, 1, is worse than the median of 4 other runs")
    assert len(read_metrics(tmp_path / "4" / "metrics.jsonl")) == 2  # it ended at step 2


def test_the_weights_of_the_best_validation_are_kept(options: Compose, tmp_path: Path) -> None:
    run = Run(options("train.steps=3", "validation.interval=1"), tmp_path / "run", [1.0, 5.0, 2.0])

    run.train()

    assert run.progress.best_step == 2
    model = Model()
    run.run.read_weights(model)
    last = run.average.state()  # of step 3
    assert not torch.equal(model.output.linear.weight, last["output.linear.weight"])  # type: ignore[union-attr, arg-type]


@pytest.mark.parametrize("interrupted", [1, 2, 3, 4, 5, 6])
def test_a_run_that_is_resumed_anywhere_ends_with_the_weights_of_one_that_was_not(
    interrupted: int, options: Compose, tmp_path: Path
) -> None:
    whole = Run(options("train.steps=7", "validation.interval=3"), tmp_path / "whole")
    whole.train()
    first = Run(options(f"train.steps={interrupted}", "validation.interval=3"), tmp_path / "parts")
    first.train()

    second = Run(options("train.steps=7", "validation.interval=3"), tmp_path / "parts")
    second.resume()

    done = first.task.events + second.task.events
    steps = [event for event in done if event.startswith("step")]
    assert steps == [event for event in whole.task.events if event.startswith("step")]
    for name, weights in whole.weights().items():
        assert torch.equal(weights, second.weights()[name])
    for name, value in whole.average.state().items():
        assert torch.equal(value, second.average.state()[name])


@pytest.mark.parametrize("number", trainer.STOP_SIGNALS)
def test_a_signal_stops_after_the_step_with_a_checkpoint(
    number: int, options: Compose, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(options("train.steps=9"), tmp_path / "run")
    load = run.task.train_data.load

    def signalled(rows: RowIndices, epoch: int) -> Batch:
        if run.progress.step == 1:
            signal.raise_signal(number)
        return load(rows, epoch)

    monkeypatch.setattr(run.task.train_data, "load", signalled)
    before = signal.getsignal(number)

    with pytest.raises(Stopped) as stop:
        run.train()

    assert stop.value.number == number
    assert signal.getsignal(number) == before
    again = Run(options("train.steps=9"), tmp_path / "run")
    assert checkpoint.load_checkpoint(run.run.last, again.step, again.average).step == 2


def test_a_loss_that_is_nan_is_not_saved(
    options: Compose, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(options("train.steps=9", "train.save_interval=1"), tmp_path / "run")
    torch.nn.init.constant_(run.task.model.output.linear.bias, float("nan"))  # type: ignore[union-attr, arg-type]
    events = record_saves(run, monkeypatch)

    with pytest.raises(RunError, match=r"the loss is NaN: a smaller optimizer\.lr"):
        run.train()

    assert not [event for event in events if event.startswith("save")]


def test_a_device_without_memory_names_the_option(
    options: Compose, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def exhausted(*arguments: object) -> None:
        del arguments
        raise torch.OutOfMemoryError

    run = Run(options("train.steps=9", "batches.tokens=77"), tmp_path / "run")
    monkeypatch.setattr(run.step, "step", exhausted)

    with pytest.raises(RunError, match=r"memory in step 1: batches\.tokens=77"):
        run.train()


def test_metrics_have_the_steps_of_log_lines_and_validations(
    options: Compose, tmp_path: Path
) -> None:
    run = Run(
        options("train.steps=4", "train.log_interval=2", "validation.interval=4"), tmp_path / "run"
    )

    run.train()

    kinds = [(entry["kind"], entry["step"]) for entry in read_metrics(run.run.metrics)]
    assert kinds == [("train", 2), ("train", 4), ("validation", 4)]
    assert json.loads(run.run.metrics.read_text().splitlines()[0])["learning_rate"] == 0.1
