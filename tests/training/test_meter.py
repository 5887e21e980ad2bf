"""The loop around the learner."""

import pytest
import torch

from seq2seq.errors import RunError
from seq2seq.training.meter import Meter
from seq2seq.training.train_step import StepResult


def test_one_loss_that_is_no_number_is_noticed_whenever_it_came() -> None:
    one, no = torch.tensor(1.0), torch.tensor(float("nan"))
    meter = Meter(0.0, 0.0)
    meter.add(StepResult(loss=one, exact=one, tokens=1, grad_norm=one))
    meter.require_finite()

    meter.add(StepResult(loss=no, exact=one, tokens=1, grad_norm=one))
    meter.add(StepResult(loss=one, exact=one, tokens=1, grad_norm=one))

    with pytest.raises(RunError, match="the loss is NaN"):
        meter.require_finite()


def test_excluded_time_does_not_count_as_training(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("seq2seq.training.meter.time.monotonic", lambda: now[0])
    one = torch.tensor(1.0)
    meter = Meter(0.0, 0.0)
    meter.add(StepResult(loss=one, exact=one, tokens=30, grad_norm=one))

    now[0] += 2.0
    with meter.excluded():
        now[0] += 50.0  # a validation
    now[0] += 1.0

    assert meter.values(0.1)["tokens_per_second"] == 10.0  # 30 in 2 + 1 seconds
