"""Recurrent cells in ONNX graphs: the equations of `seq2seq.model.cells` for one position."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from seq2seq.errors import ConfigError
from seq2seq.inference.onnx.products import Products, normalised
from seq2seq.model.cells.cell import Cell
from seq2seq.model.cells.deep import DeepTransition
from seq2seq.model.cells.linear import LRU, SSRU, MinGRU, MinLSTM
from seq2seq.model.cells.rnn import GRU, LSTM, RNN

LinearCell = MinGRU | MinLSTM | SSRU
CellParts = list[str]  # P values (n, H), the first of which is the output
# From the products of a graph, the cell, the projected input (n, G), the state and whether its
# output lies within -1 and 1 to the next state.
Update = Callable[[Products, Any, str, CellParts, bool], CellParts]


def _from_state(to: Products, cell: Cell, state: CellParts, bounded: bool) -> str:
    return to.linear(state[0], *cell.state_weights(), bounded)


def _rnn(to: Products, cell: RNN, x_proj: str, state: CellParts, bounded: bool) -> CellParts:
    activation = "Tanh" if cell.activation is torch.tanh else "Relu"
    return [to.graph.op(activation, to.graph.add(x_proj, _from_state(to, cell, state, bounded)))]


def _lstm(to: Products, cell: LSTM, x_proj: str, state: CellParts, bounded: bool) -> CellParts:
    g, size = to.graph, cell.kernel.hidden_size
    gates = g.add(x_proj, _from_state(to, cell, state, bounded))
    *_, candidate, output = parts = g.split(gates, [2 * size, size, size])
    i, f = g.split(g.op("Sigmoid", parts[0]), [size, size])
    c = g.add(g.mul(f, state[1]), g.mul(i, g.op("Tanh", candidate)))
    return [g.mul(g.op("Sigmoid", output), g.op("Tanh", c)), c]


def _gru_update(to: Products, size: int, x_proj: str, h_proj: str, state: CellParts) -> CellParts:
    g = to.graph
    (x_gates, x_new), (h_gates, h_new) = (g.split(p, [2 * size, size]) for p in (x_proj, h_proj))
    r, z = g.split(g.op("Sigmoid", g.add(x_gates, h_gates)), [size, size])
    n = g.op("Tanh", g.add(x_new, g.mul(r, h_new)))
    return [g.add(n, g.mul(z, g.op("Sub", state[0], n)))]


def _gru(to: Products, cell: GRU, x_proj: str, state: CellParts, bounded: bool) -> CellParts:
    h_proj = _from_state(to, cell, state, bounded)
    return _gru_update(to, cell.kernel.hidden_size, x_proj, h_proj, state)


def _deep(
    to: Products, cell: DeepTransition, x_proj: str, state: CellParts, bounded: bool
) -> CellParts:
    state, size = _gru(to, cell.first, x_proj, state, bounded), cell.first.kernel.hidden_size
    for linear, bias in zip(cell.above, cell.biases, strict=True):
        no_input = to.graph.constant(functional.pad(bias.detach(), (2 * size, 0)).unsqueeze(0))
        assert isinstance(linear, nn.Linear)
        h_proj = to.linear(state[0], linear.weight, linear.bias, bounded)
        state = _gru_update(to, size, no_input, h_proj, state)
    return state


def _positive(to: Products, x: str) -> str:
    g = to.graph
    is_positive = g.op("GreaterOrEqual", x, g.scalar(0.0))
    return g.op("Where", is_positive, g.add(x, g.scalar(0.5)), g.op("Sigmoid", x))


def _gates(to: Products, cell: LinearCell, x_proj: str, count: int) -> tuple[list[str], str]:
    """Return the first `count` parts of the projected input, and that of the output gate, or ""."""
    *gates, last = to.graph.split(x_proj, [cell.size] * (count + cell.has_output_gate))
    return (gates, last) if cell.has_output_gate else ([*gates, last], "")


def _averaged(
    to: Products, cell: LinearCell, state: CellParts, kept: tuple[str, str], gate: str
) -> CellParts:
    """Return the next state from the share that is kept of h, and what is added."""
    g, (share, added) = to.graph, kept
    h = g.add(g.mul(share, state[-1]), added)
    if cell.num_states == 1:
        return [h]
    output = g.op("Relu", h) if isinstance(cell, SSRU) else h
    if cell.output_norm is not None:
        output = normalised(g, output, cell.output_norm)
    return [g.mul(output, g.op("Sigmoid", gate)) if gate else output, h]


def _candidate(to: Products, cell: LinearCell, x: str) -> str:
    return _positive(to, x) if cell.has_positive_state else x


def _mingru(to: Products, cell: MinGRU, x_proj: str, state: CellParts, bounded: bool) -> CellParts:
    del bounded  # no product with the state
    g = to.graph
    (z, candidate), gate = _gates(to, cell, x_proj, 2)
    z = g.op("Sigmoid", z)
    kept = g.op("Sub", g.scalar(1.0), z), g.mul(z, _candidate(to, cell, candidate))
    return _averaged(to, cell, state, kept, gate)


def _minlstm(
    to: Products, cell: MinLSTM, x_proj: str, state: CellParts, bounded: bool
) -> CellParts:
    del bounded  # no product with the state
    g = to.graph
    (f, i, candidate), gate = _gates(to, cell, x_proj, 3)
    # a = (1 + e^-i) / ((1 + e^-i) + (1 + e^-f)), both sums times e^m so that none overflows. ONNX
    # Runtime needs up to eleven times as long for Softplus, one number after the other.
    m = g.op("Min", f, i, g.scalar(0.0))
    once = g.op("Exp", m)
    of_i, of_f = (g.add(once, g.op("Exp", g.op("Sub", m, each))) for each in (i, f))
    a = g.op("Div", of_i, g.add(of_i, of_f))
    new = g.mul(g.op("Sub", g.scalar(1.0), a), _candidate(to, cell, candidate))
    return _averaged(to, cell, state, (a, new), gate)


def _ssru(to: Products, cell: SSRU, x_proj: str, state: CellParts, bounded: bool) -> CellParts:
    del bounded  # no product with the state
    g = to.graph
    (f, candidate), gate = _gates(to, cell, x_proj, 2)
    f = g.op("Sigmoid", f)
    new = g.mul(g.op("Sub", g.scalar(1.0), f), candidate)
    return _averaged(to, cell, state, (f, new), gate)


def _lru(to: Products, cell: LRU, x_proj: str, state: CellParts, bounded: bool) -> CellParts:
    del bounded  # no product with the output
    g = to.graph
    real, imaginary, skip = g.split(x_proj, [cell.size] * 3)
    scale = g.constant(cell.gamma.exp())
    decay = torch.polar((-cell.nu.exp()).exp(), cell.theta.exp())
    a_real, a_imaginary = g.constant(decay.real.contiguous()), g.constant(decay.imag.contiguous())
    _, h_real, h_imaginary = state
    turned = g.op("Sub", g.mul(a_real, h_real), g.mul(a_imaginary, h_imaginary))
    crossed = g.add(g.mul(a_real, h_imaginary), g.mul(a_imaginary, h_real))
    h_real = g.add(turned, g.mul(real, scale))
    h_imaginary = g.add(crossed, g.mul(imaginary, scale))
    both = g.concat([h_real, g.op("Neg", h_imaginary)])
    y = _gelu(to, g.add(to.linear(both, cell.output.weight, None), skip))
    gate = g.op("Sigmoid", to.linear(y, cell.gate.weight, cell.gate.bias))
    output = y if cell.output_norm is None else normalised(g, y, cell.output_norm)
    return [g.mul(output, gate), h_real, h_imaginary]


def _gelu(to: Products, x: str) -> str:
    g = to.graph
    erf = g.op("Erf", g.mul(x, g.scalar(0.5**0.5)))
    return g.mul(g.mul(x, g.scalar(0.5)), g.add(erf, g.scalar(1.0)))


UPDATES: dict[type[Cell], Update] = {
    RNN: _rnn,
    LSTM: _lstm,
    GRU: _gru,
    DeepTransition: _deep,
    MinGRU: _mingru,
    MinLSTM: _minlstm,
    SSRU: _ssru,
    LRU: _lru,
}


def update(to: Products, cell: Cell, x_proj: str, state: CellParts, bounded: bool) -> CellParts:
    """Return the next state of a cell; see `Update`.

    Raises:
        ConfigError: a graph has no such cell.
    """
    if type(cell) not in UPDATES:
        raise ConfigError(f"model.cell: {type(cell).__name__} cannot be exported to ONNX")
    return UPDATES[type(cell)](to, cell, x_proj, state, bounded)


def is_bounded(cells: Sequence[Cell], first: Tensor | None) -> bool:
    """Return whether all outputs of cells lie within -1 and 1.

    Args:
        cells: of one layer.
        first: the numbers that their outputs start from; None: these lie within -1 and 1.
    """
    if first is not None and first.numel() and float(first.abs().max()) > 1:
        return False
    return all(
        isinstance(cell, GRU | LSTM | DeepTransition)
        or (isinstance(cell, RNN) and cell.activation is torch.tanh)
        for cell in cells
    )


def input_norm(cell: Cell) -> nn.LayerNorm | None:
    """Return the normalisation of a cell's input, if it has one."""
    norm: nn.LayerNorm | None = getattr(cell, "norm", None)
    return norm
