"""The loop around the learner."""

import pytest
import torch

from seq2seq.errors import RunError
from seq2seq.training.learner import Learned
from seq2seq.training.loop import Meter


def test_one_loss_that_is_no_number_is_noticed_whenever_it_came() -> None:
    one, no = torch.tensor(1.0), torch.tensor(float("nan"))
    meter = Meter(0.0, 0.0)
    meter.add(Learned(loss=one, exact=one, tokens=1, norm=one))
    meter.check()

    meter.add(Learned(loss=no, exact=one, tokens=1, norm=one))
    meter.add(Learned(loss=one, exact=one, tokens=1, norm=one))

    with pytest.raises(RunError, match="not a number any more"):
        meter.check()
