"""Recurrences h_t = f(h_{t-1}, x_t): the whole sequence at once, or one step.

A state is one tensor (B, P, H), so that its rows can be selected without knowing the cell: P is 1,
or 2 for an LSTM, whose parts are h and c.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from seq2seq.hardware import cudnn_has_bf16_rnn, to_device
from seq2seq.model.cells.cell import Cell, CellState


class _FusedCell(Cell):
    """A cell whose sequence runs in one of torch's fused kernels."""

    kernel: nn.RNNBase

    def forward(self, x: Tensor, state: Tensor, lengths: Tensor | None) -> tuple[Tensor, Tensor]:
        if lengths is None:
            output, last = self._run(x, None, self._split(state))
            return output, self._join(last)
        # The longest first, as kernels want them. torch would sort them too, and wait for a GPU.
        order = lengths.argsort(descending=True)
        there, back = to_device(order, x.device), to_device(order.argsort(), x.device)
        packed = pack_padded_sequence(x.index_select(0, there), lengths[order], batch_first=True)
        first = self._split(state.index_select(0, there))
        data, last = self._run(packed.data, packed.batch_sizes, first)
        rows = PackedSequence(data, packed.batch_sizes)
        output, _ = pad_packed_sequence(rows, batch_first=True, total_length=x.shape[1])
        return output.index_select(0, back), self._join(last).index_select(0, back)

    def _run(self, x: Tensor, sizes: Tensor | None, first: CellState) -> tuple[Tensor, CellState]:
        """The kernel over (B, T, I), or over packed rows of `sizes`: outputs and final state.

        In autocast on a GPU torch takes fp16 for it whatever type is asked for, where gradients of
        a mean over thousands of tokens are lost: 2^-24 is the least there is. Here the type is the
        one that is asked for, or fp32 where cuDNN has no bf16.
        """
        weights: Sequence[Tensor] = self.kernel.all_weights[0]
        if x.device.type != "cuda" or not torch.is_autocast_enabled("cuda"):
            return self._call(x, sizes, first, weights)
        kind = torch.get_autocast_dtype("cuda")
        if kind == torch.bfloat16 and not cudnn_has_bf16_rnn():
            kind = torch.float32  # else torch would do without a kernel for the whole sequence
        first = first.to(kind) if isinstance(first, Tensor) else tuple(s.to(kind) for s in first)
        flat = torch.cat([weight.flatten().to(kind) for weight in weights])  # as kernels want them
        parts = flat.split([weight.numel() for weight in weights])
        weights = [part.view_as(weight) for part, weight in zip(parts, weights, strict=True)]
        with torch.autocast("cuda", enabled=False):
            return self._call(x.to(kind), sizes, first, weights)

    def _call(
        self, x: Tensor, sizes: Tensor | None, first: CellState, weights: Sequence[Tensor]
    ) -> tuple[Tensor, CellState]:
        kernel = getattr(torch, self.kernel.mode.lower())  # lstm, gru, rnn_tanh, rnn_relu
        how = (True, 1, 0.0, self.training, False)  # biases, layers, dropout, ..., two directions
        if sizes is None:
            output, *last = kernel(x, first, weights, *how, True)  # the batch comes first
        else:
            output, *last = kernel(x, sizes, first, weights, *how)
        return output, last[0] if len(last) == 1 else tuple(last)

    def _split(self, state: Tensor) -> CellState:
        """The state (B, 1, H) as the kernel wants it: (1, B, H)."""
        return state.transpose(0, 1).contiguous()

    def _join(self, last: CellState) -> Tensor:
        return last.transpose(0, 1) if isinstance(last, Tensor) else torch.cat(last).transpose(0, 1)

    def input_weights(self) -> tuple[Tensor, Tensor]:
        weight, _, bias, _ = self.kernel.all_weights[0]
        return weight, bias

    def state_weights(self) -> tuple[Tensor, Tensor]:
        _, weight, _, bias = self.kernel.all_weights[0]
        return weight, bias


class RNN(_FusedCell):
    """Elman (1990): h_t = f(W_xh x_t + W_hh h_{t-1} + b), f being tanh, or relu.

    With relu W_hh starts as the identity, so that at first the state is kept (Le et al. 2015,
    https://arxiv.org/abs/1504.00941): with random weights it would grow or vanish.
    """

    num_states = 1

    def __init__(self, input_size: int, size: int, nonlinearity: str) -> None:
        super().__init__()
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"nonlinearity must be tanh or relu, not {nonlinearity}")
        self.kernel = nn.RNN(input_size, size, nonlinearity=nonlinearity, batch_first=True)
        self.activation = torch.tanh if nonlinearity == "tanh" else torch.relu
        if nonlinearity == "relu":
            nn.init.eye_(self.state_weights()[0])
            nn.init.zeros_(self.state_weights()[1])

    def update(self, x_proj: Tensor, h_proj: Tensor, state: Tensor) -> Tensor:
        del state
        return self.activation(x_proj + h_proj).unsqueeze(1)


class GRU(_FusedCell):
    """Cho et al. (2014), in the form that cuDNN computes.

    r = sigmoid(W_r x + U_r h), z = sigmoid(W_z x + U_z h), n = tanh(W_n x + r * (U_n h)),
    h' = (1 - z) * n + z * h, biases left out. https://arxiv.org/abs/1406.1078
    """

    num_states = 1

    def __init__(self, input_size: int, size: int) -> None:
        super().__init__()
        self.kernel = nn.GRU(input_size, size, batch_first=True)

    def update(self, x_proj: Tensor, h_proj: Tensor, state: Tensor) -> Tensor:
        size = state.shape[2]
        r, z = torch.sigmoid(x_proj[:, : 2 * size] + h_proj[:, : 2 * size]).chunk(2, 1)
        n = torch.tanh(torch.addcmul(x_proj[:, 2 * size :], r, h_proj[:, 2 * size :]))
        # In autocast n is of a lower precision than a first state, and lerp takes one of both.
        return torch.lerp(n, state[:, 0].to(n.dtype), z).unsqueeze(1)  # (1 - z) * n + z * h


class LSTM(_FusedCell):
    """Hochreiter and Schmidhuber (1997), with the forget gate of Gers et al. (2000).

    i, f, o = sigmoid(W x + U h), g = tanh(W_g x + U_g h), c' = f * c + i * g, h' = o * tanh(c'),
    biases left out. The bias of the forget gate starts at `forget_bias`: with 1 (Jozefowicz et
    al. 2015) the state is kept at first.
    """

    num_states = 2

    def __init__(self, input_size: int, size: int, forget_bias: float = 1.0) -> None:
        # A default here, and not in the file, for runs of before it could be chosen.
        super().__init__()
        self.kernel = nn.LSTM(input_size, size, batch_first=True)
        biases = self.input_weights()[1], self.state_weights()[1]
        for bias, start in zip(biases, (forget_bias, 0.0), strict=True):
            nn.init.constant_(bias[size : 2 * size], start)

    def update(self, x_proj: Tensor, h_proj: Tensor, state: Tensor) -> Tensor:
        size = state.shape[2]
        gates = x_proj + h_proj  # i, f, g, o
        i, f = torch.sigmoid(gates[:, : 2 * size]).chunk(2, 1)
        g, o = torch.tanh(gates[:, 2 * size : 3 * size]), torch.sigmoid(gates[:, 3 * size :])
        c = torch.addcmul(i * g, f, state[:, 1])
        return torch.stack((o * torch.tanh(c), c), 1)

    def _split(self, state: Tensor) -> CellState:
        h, c = state.transpose(0, 1).contiguous().split(1)
        return h, c
