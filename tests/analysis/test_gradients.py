"""Gradient norms of recurrences, worked by hand."""

import math

import pytest
import torch

from seq2seq.analysis import gradients
from seq2seq.model.cells.cell import Cell
from seq2seq.model.cells.linear import MinGRU
from seq2seq.model.cells.rnn import RNN


def scalar_rnn(nonlinearity: str, w: float) -> Cell:
    """Return the cell h_t = f(w h_{t-1} + x_t)."""
    cell = RNN(1, 1, nonlinearity)
    for parameter, value in zip(cell.kernel.parameters(), (1.0, w, 0.0, 0.0), strict=True):
        torch.nn.init.constant_(parameter, value)
    return cell


@pytest.mark.parametrize("w", [0.5, 1.0, 2.0])
def test_the_gradient_of_a_linear_recurrence_is_w_to_the_power_of_k(w: float) -> None:
    x = torch.ones(2, 6, 1)  # positive, so that relu is linear
    states = gradients.step_states(scalar_rnn("relu", w), x)

    norms = gradients.gradient_norms(states[-1].sum(), states)

    assert norms.tolist() == [[w**k for k in range(6)]] * 2


def test_the_gradient_of_a_tanh_recurrence_is_the_product_of_its_derivatives() -> None:
    states = gradients.step_states(scalar_rnn("tanh", 0.9), torch.ones(1, 3, 1))

    norms = gradients.gradient_norms(states[-1].sum(), states)[0].tolist()

    h1 = math.tanh(1)
    h2 = math.tanh(0.9 * h1 + 1)
    h3 = math.tanh(0.9 * h2 + 1)
    third, second = 0.9 * (1 - h3**2), 0.9 * (1 - h2**2)  # dh_3 / dh_2, dh_2 / dh_1
    assert norms == pytest.approx([1, third, third * second])


def test_the_gradient_of_a_minimal_gru_decays_by_one_minus_z_at_each_step() -> None:
    cell = MinGRU(1, 1, norm=False)
    for parameter in cell.parameters():
        torch.nn.init.zeros_(parameter)  # z = sigmoid(0) = 1 / 2

    norms = gradients.fresh_cell_norms(cell, 1, length=4, batch=3, seed=1)

    assert norms == pytest.approx([1, 1 / 2, 1 / 4, 1 / 8, 1 / 16])


def test_states_that_the_loss_does_not_depend_on_have_zero_gradient() -> None:
    states = gradients.step_states(scalar_rnn("relu", 0.5), torch.ones(1, 4, 1))

    assert gradients.gradient_norms(states[1].sum(), states)[0].tolist() == [0, 0, 1, 0.5]


def test_medians_end_where_fewer_than_half_of_the_rows_have_a_value() -> None:
    rows = [torch.tensor(row) for row in ([1.0, 5.0, 9.0, 7.0], [3.0, 4.0, 8.0], [2.0], [2.0])]

    assert gradients.median_norms(rows) == [2.0, 5.0, 9.0]  # upper medians; one row of four has 7


def test_relative_norms_are_quotients_by_the_first_norm() -> None:
    assert gradients.relative_norms([4.0, 2.0, 1.0]) == [1.0, 0.5, 0.25]
    assert gradients.relative_norms([0.0, 2.0]) == [0.0, 0.0]
