"""Each cell against its equations in plain Python, and whole sequences against single steps."""

import cmath
import math
from collections.abc import Callable
from functools import partial

import pytest
import torch
from torch import Tensor

from seq2seq.model.cells.cell import Cell
from seq2seq.model.cells.deep import DeepTransition
from seq2seq.model.cells.linear import LRU, SSRU, MinGRU, MinLSTM
from seq2seq.model.cells.rnn import GRU, LSTM, RNN

Make = Callable[[int, int], Cell]
SHAPED_OUTPUT = {"positive_state": False, "output_norm": True, "output_gate": True}
CELLS: dict[str, Make] = {
    "tanh": partial(RNN, nonlinearity="tanh"),
    "relu": partial(RNN, nonlinearity="relu"),
    "gru": GRU,
    "lstm": LSTM,
    "deep": partial(DeepTransition, depth=3),
    "mingru": partial(MinGRU, norm=False),
    "minlstm": partial(MinLSTM, norm=False),
    "lru": partial(LRU, norm=False, smallest=0.5, largest=0.9),
    "normalised": partial(MinGRU, norm=True),
    "ssru": partial(SSRU, norm=False, output_norm=False, output_gate=False),
    "signed": partial(MinGRU, norm=False, **SHAPED_OUTPUT),
    "signed minlstm": partial(MinLSTM, norm=False, **SHAPED_OUTPUT),
    "normalised lru": partial(LRU, norm=True, smallest=0.5, largest=0.9, output_norm=True),
    "normalised ssru": partial(SSRU, norm=True, output_norm=True, output_gate=True),
}
Vector = list[float]
Plain = Callable[[dict[str, Tensor], Vector, list[Vector]], list[Vector]]


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def affine(weight: Tensor, bias: Tensor, x: Vector) -> Vector:
    return [
        sum(w * v for w, v in zip(row, x, strict=True)) + b
        for row, b in zip(weight.tolist(), bias.tolist(), strict=True)
    ]


def gates(w: dict[str, Tensor], x: Vector, h: Vector) -> tuple[Vector, Vector]:
    """W x and U h of a cell of torch's."""
    read = affine(w["kernel.weight_ih_l0"], w["kernel.bias_ih_l0"], x)
    return read, affine(w["kernel.weight_hh_l0"], w["kernel.bias_hh_l0"], h)


def plain_tanh(w: dict[str, Tensor], x: Vector, state: list[Vector]) -> list[Vector]:
    """h' = tanh(W x + U h + b)."""
    return [[math.tanh(a + b) for a, b in zip(*gates(w, x, state[0]), strict=True)]]


def plain_relu(w: dict[str, Tensor], x: Vector, state: list[Vector]) -> list[Vector]:
    """h' = max(0, W x + U h + b)."""
    return [[max(0.0, a + b) for a, b in zip(*gates(w, x, state[0]), strict=True)]]


def gru(a: Vector, b: Vector, h: Vector) -> Vector:
    """r, z = sigmoid(a + b); n = tanh(a + r b); h' = (1 - z) n + z h."""
    size, following = len(h), []
    for i in range(size):
        r = sigmoid(a[i] + b[i])
        z = sigmoid(a[size + i] + b[size + i])
        n = math.tanh(a[2 * size + i] + r * b[2 * size + i])
        following.append((1 - z) * n + z * h[i])
    return following


def plain_gru(w: dict[str, Tensor], x: Vector, state: list[Vector]) -> list[Vector]:
    """With a = W x and b = U h."""
    return [gru(*gates(w, x, state[0]), state[0])]


def plain_deep(w: dict[str, Tensor], x: Vector, state: list[Vector]) -> list[Vector]:
    """A GRU, and then GRUs that read nothing, their n apart from a bias."""
    first = {name.removeprefix("first."): value for name, value in w.items()}
    h = plain_gru(first, x, state)[0]
    for layer in range(2):
        nothing = [0.0] * (2 * len(h)) + w[f"biases.{layer}"].tolist()
        h = gru(nothing, affine(w[f"above.{layer}.weight"], w[f"above.{layer}.bias"], h), h)
    return [h]


def plain_lstm(w: dict[str, Tensor], x: Vector, state: list[Vector]) -> list[Vector]:
    """i, f, o = sigmoid(...), g = tanh(...); c' = f c + i g; h' = o tanh(c')."""
    h, c = state
    size = len(h)
    total = [p + q for p, q in zip(*gates(w, x, h), strict=True)]
    i, f, g, o = (total[k * size : (k + 1) * size] for k in range(4))
    cell = [sigmoid(f[k]) * c[k] + sigmoid(i[k]) * math.tanh(g[k]) for k in range(size)]
    return [[sigmoid(o[k]) * math.tanh(cell[k]) for k in range(size)], cell]


def g(x: float) -> float:
    """x + 0.5 from 0 on, sigmoid below."""
    return x + 0.5 if x >= 0 else sigmoid(x)


def plain_mingru(w: dict[str, Tensor], x: Vector, state: list[Vector]) -> list[Vector]:
    """z = sigmoid(W x); h' = (1 - z) h + z g(W x)."""
    total, (h,) = affine(w["input.weight"], w["input.bias"], x), state
    z, size = [sigmoid(v) for v in total[: len(h)]], len(h)
    return [[(1 - z[i]) * h[i] + z[i] * g(total[size + i]) for i in range(size)]]


def plain_minlstm(w: dict[str, Tensor], x: Vector, state: list[Vector]) -> list[Vector]:
    """f, i = sigmoid(W x); h' = f / (f + i) h + i / (f + i) g(W x)."""
    total, (h,) = affine(w["input.weight"], w["input.bias"], x), state
    size, following = len(h), []
    for k in range(size):
        f, i = sigmoid(total[k]), sigmoid(total[size + k])
        following.append(f / (f + i) * h[k] + i / (f + i) * g(total[2 * size + k]))
    return [following]


def plain_lru(w: dict[str, Tensor], x: Vector, state: list[Vector]) -> list[Vector]:
    """h' = lambda h + gamma B x; y = gelu(Re(C h') + D x); what is shown is y sigmoid(W y)."""
    size = len(state[0])
    total = affine(w["input.weight"], w["input.bias"], x)
    h = []
    for k in range(size):
        turned = cmath.exp(complex(-math.exp(w["nu"][k]), math.exp(w["theta"][k])))
        added = math.exp(w["gamma"][k]) * complex(total[k], total[size + k])
        h.append(turned * complex(state[1][k], state[2][k]) + added)
    c = [complex(*pair) for row in w["output.weight"].tolist()
         for pair in zip(row[:size], row[size:], strict=True)]  # fmt: skip
    y = []
    for k in range(size):
        value = sum(c[k * size + j] * h[j] for j in range(size)).real + total[2 * size + k]
        y.append(value * (1 + math.erf(value / math.sqrt(2))) / 2)
    opened = affine(w["gate.weight"], w["gate.bias"], y)
    shown = [v * sigmoid(o) for v, o in zip(y, opened, strict=True)]
    return [shown, [v.real for v in h], [v.imag for v in h]]


def plain_ssru(w: dict[str, Tensor], x: Vector, state: list[Vector]) -> list[Vector]:
    """f = sigmoid(W x); c' = f c + (1 - f) W x; h' = relu(c')."""
    total, c = affine(w["input.weight"], w["input.bias"], x), state[1]
    size = len(c)
    f = [sigmoid(v) for v in total[:size]]
    c = [f[i] * c[i] + (1 - f[i]) * total[size + i] for i in range(size)]
    return [[max(0.0, v) for v in c], c]


def plain_signed(w: dict[str, Tensor], x: Vector, state: list[Vector]) -> list[Vector]:
    """h' = (1 - z) h + z W x, and the output is norm(h') times a gate, sigmoid(W x)."""
    total, h = affine(w["input.weight"], w["input.bias"], x), state[1]
    size = len(h)
    z = [sigmoid(v) for v in total[:size]]
    h = [(1 - z[i]) * h[i] + z[i] * total[size + i] for i in range(size)]
    mean = sum(h) / size
    deviation = math.sqrt(sum((v - mean) ** 2 for v in h) / size + 1e-5)
    weight, bias = w["output_norm.weight"].tolist(), w["output_norm.bias"].tolist()
    normal = [weight[i] * (h[i] - mean) / deviation + bias[i] for i in range(size)]
    return [[normal[i] * sigmoid(total[2 * size + i]) for i in range(size)], h]


PLAIN: dict[str, Plain] = {
    "tanh": plain_tanh,
    "relu": plain_relu,
    "gru": plain_gru,
    "lstm": plain_lstm,
    "deep": plain_deep,
    "mingru": plain_mingru,
    "minlstm": plain_minlstm,
    "lru": plain_lru,
    "ssru": plain_ssru,
    "signed": plain_signed,
}


def made(name: str, input_size: int, size: int) -> Cell:
    """A cell whose every weight matters: what starts at zero does not stay there."""
    cell = CELLS[name](input_size, size)
    with torch.no_grad():
        for parameter in cell.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.2)
    return cell


@pytest.mark.parametrize("name", PLAIN)
def test_a_step_is_the_equations_in_plain_python(name: str) -> None:
    torch.manual_seed(0)
    cell = made(name, 2, 3)
    x, state = torch.randn(1, 2), torch.randn(1, cell.num_states, 3)

    output, following = cell.step(x, state)

    weights = {n: p.detach() for n, p in cell.named_parameters()}
    expected = PLAIN[name](weights, x[0].tolist(), state[0].tolist())
    assert output[0].tolist() == pytest.approx(expected[0], abs=1e-6)
    for part, wanted in zip(following[0].tolist(), expected, strict=True):
        assert part == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("lengths", [None, [2, 1, 5]])
def test_forward_equals_the_steps(name: str, lengths: list[int] | None) -> None:
    torch.manual_seed(1)
    cell = made(name, 2, 4)
    x, state = torch.randn(3, 5, 2), torch.randn(3, cell.num_states, 4)

    whole, last = cell(x, state, None if lengths is None else torch.tensor(lengths))

    for row, length in enumerate(lengths or [5, 5, 5]):
        now = state[row : row + 1]
        for t in range(length):
            output, now = cell.step(x[row : row + 1, t], now)
            torch.testing.assert_close(whole[row, t], output[0], atol=1e-5, rtol=0)
        torch.testing.assert_close(last[row], now[0], atol=1e-5, rtol=0)
        assert whole[row, length:].abs().sum() == 0  # nothing is seen at padding


@pytest.mark.parametrize("name", CELLS)
def test_gradients_are_those_of_finite_differences(name: str) -> None:
    torch.manual_seed(2)
    cell = made(name, 2, 3).double()
    x = torch.randn(2, 4, 2, dtype=torch.double, requires_grad=True)
    state = torch.randn(2, cell.num_states, 3, dtype=torch.double, requires_grad=True)

    def run(x: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        output: tuple[Tensor, Tensor] = cell(x, state, torch.tensor([4, 2]))
        return output

    assert torch.autograd.gradcheck(run, (x, state))


def test_a_rectified_network_begins_by_keeping_its_state() -> None:
    cell = CELLS["relu"](1, 3)

    _, following = cell.step(torch.zeros(1, 1), torch.tensor([[[1.0, 2.0, 3.0]]]))

    bias = cell.input_weights()[1]
    assert following[0, 0].tolist() == pytest.approx(
        (torch.tensor([1.0, 2.0, 3.0]) + bias).relu().tolist()
    )


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (partial(RNN, nonlinearity="sin"), "tanh or relu, not sin"),
        (partial(DeepTransition, depth=0), "1 or more, not 0"),
        (partial(LRU, norm=False, smallest=0.9, largest=0.5), "not 0.9, 0.5"),
    ],
)
def test_an_invalid_argument_of_a_cell_is_an_error(make: Make, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make(1, 2)


@pytest.mark.parametrize(("told", "bias"), [([], 1.0), ([0.0], 0.0)])
def test_the_forget_bias_of_an_lstm_starts_at_one_by_default(
    told: list[float], bias: float
) -> None:
    made = LSTM(1, 3, *told)
    _, _, input_bias, state_bias = made.kernel.all_weights[0]

    forget = (input_bias + state_bias)[3:6]  # the second of i, f, g, o

    assert forget.tolist() == [bias] * 3
