import pytest
import torch
from torch import nn

from seq2seq.training.ema import WeightEMA


def weight(model: nn.Linear) -> float:
    return model.weight.item()


def test_the_average_by_hand() -> None:
    model = nn.Linear(1, 1, bias=False)
    nn.init.constant_(model.weight, 1.0)
    average = WeightEMA(model, decay=0.5, interval=2)

    for step, value in ((1, 9.0), (2, 3.0), (3, 9.0), (4, 5.0)):
        nn.init.constant_(model.weight, value)
        average.update(step)

    # Steps 2 and 4 count. Decay min(0.5, 2/11), then min(0.5, 3/12):
    first = 2 / 11 * 1.0 + 9 / 11 * 3.0
    expected = 1 / 4 * first + 3 / 4 * 5.0
    with average.applied():
        assert weight(model) == pytest.approx(expected)
    assert weight(model) == 5.0  # as it was


def test_weights_stay_where_they_are() -> None:
    """The kernels of a GPU want those of a layer in one piece."""
    model = nn.Linear(3, 2)
    average = WeightEMA(model, decay=0.5, interval=1)
    before = [weights.data_ptr() for weights in model.parameters()]

    with average.applied():
        assert [weights.data_ptr() for weights in model.parameters()] == before
    assert [weights.data_ptr() for weights in model.parameters()] == before


def test_no_decay_is_no_average() -> None:
    model = nn.Linear(1, 1, bias=False)
    average = WeightEMA(model, decay=0.0, interval=1)
    average.update(1)

    assert average.state() == {}
    with average.applied():
        assert torch.isfinite(model.weight).all()


def test_an_exception_puts_the_weights_back() -> None:
    model = nn.Linear(1, 1, bias=False)
    nn.init.constant_(model.weight, 1.0)
    average = WeightEMA(model, decay=0.5, interval=1)
    nn.init.constant_(model.weight, 2.0)

    with pytest.raises(KeyError), average.applied():
        raise KeyError
    assert weight(model) == 2.0
