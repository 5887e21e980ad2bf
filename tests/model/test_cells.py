import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from seq2seq.model.cells import GRU, LSTM, RNN

CELLS = [RNN, GRU, LSTM]
Kind = type[RNN] | type[GRU] | type[LSTM]
Vector = list[float]
Plain = Callable[[list[Tensor], Vector, list[Vector]], list[Vector]]


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def affine(weight: Tensor, bias: Tensor, x: Vector) -> Vector:
    return [
        sum(w * v for w, v in zip(row, x, strict=True)) + b
        for row, b in zip(weight.tolist(), bias.tolist(), strict=True)
    ]


def plain_rnn(w: list[Tensor], x: Vector, state: list[Vector]) -> list[Vector]:
    """h' = tanh(W x + U h + b)."""
    pairs = zip(affine(w[0], w[2], x), affine(w[1], w[3], state[0]), strict=True)
    return [[math.tanh(a + b) for a, b in pairs]]


def plain_gru(w: list[Tensor], x: Vector, state: list[Vector]) -> list[Vector]:
    """r, z = sigmoid(W x + U h); n = tanh(W x + r (U h)); h' = (1 - z) n + z h."""
    (h,) = state
    a, b, size = affine(w[0], w[2], x), affine(w[1], w[3], h), len(h)
    following = []
    for i in range(size):
        r = sigmoid(a[i] + b[i])
        z = sigmoid(a[size + i] + b[size + i])
        n = math.tanh(a[2 * size + i] + r * b[2 * size + i])
        following.append((1 - z) * n + z * h[i])
    return [following]


def plain_lstm(w: list[Tensor], x: Vector, state: list[Vector]) -> list[Vector]:
    """i, f, o = sigmoid(...), g = tanh(...); c' = f c + i g; h' = o tanh(c')."""
    h, c = state
    size = len(h)
    total = [p + q for p, q in zip(affine(w[0], w[2], x), affine(w[1], w[3], h), strict=True)]
    i, f, g, o = (total[k * size : (k + 1) * size] for k in range(4))
    cell = [sigmoid(f[k]) * c[k] + sigmoid(i[k]) * math.tanh(g[k]) for k in range(size)]
    return [[sigmoid(o[k]) * math.tanh(cell[k]) for k in range(size)], cell]


@pytest.mark.parametrize(
    ("kind", "plain"), [(RNN, plain_rnn), (GRU, plain_gru), (LSTM, plain_lstm)]
)
def test_a_step_is_the_equations_in_plain_python(kind: Kind, plain: Plain) -> None:
    torch.manual_seed(0)
    cell = kind(2, 3)
    x, state = torch.randn(1, 2), torch.randn(1, cell.parts, 3)
    weights: list[torch.Tensor] = list(cell.kernel.all_weights[0])

    output, following = cell.step(x, state)

    expected = plain(weights, x[0].tolist(), state[0].tolist())
    assert output[0].tolist() == pytest.approx(expected[0], abs=1e-6)
    for part, wanted in zip(following[0].tolist(), expected, strict=True):
        assert part == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize("kind", CELLS)
@pytest.mark.parametrize("lengths", [None, [5, 2, 1]])
def test_the_whole_sequence_equals_one_step_at_a_time(
    kind: Kind, lengths: list[int] | None
) -> None:
    torch.manual_seed(1)
    cell = kind(2, 4)
    x, state = torch.randn(3, 5, 2), torch.randn(3, cell.parts, 4)

    whole, last = cell.sequence(x, state, None if lengths is None else torch.tensor(lengths))

    for row, length in enumerate(lengths or [5, 5, 5]):
        now = state[row : row + 1]
        for t in range(length):
            output, now = cell.step(x[row : row + 1, t], now)
            torch.testing.assert_close(whole[row, t], output[0], atol=1e-5, rtol=0)
        torch.testing.assert_close(last[row], now[0], atol=1e-5, rtol=0)
        assert whole[row, length:].abs().sum() == 0  # nothing is seen at padding


def test_an_lstm_begins_by_keeping_its_state() -> None:
    cell = LSTM(1, 3)
    _, _, input_bias, state_bias = cell.kernel.all_weights[0]

    forget = (input_bias + state_bias)[3:6]  # the second of i, f, g, o

    assert forget.tolist() == [1.0, 1.0, 1.0]
