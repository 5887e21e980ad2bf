"""RNN, GRU and LSTM with torch's fused kernels.

A state is one tensor (B, P, H), so that its rows can be selected for any cell: P is 1, or 2 for an
LSTM, whose parts are h and c.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from seq2seq.hardware import cudnn_has_bf16_rnn, to_device
from seq2seq.model.cells.cell import Cell, CellState


class _FusedCell(Cell):
    """Cell whose `forward` is one of torch's fused kernels."""

    kernel: nn.RNNBase

    def forward(self, x: Tensor, state: Tensor, lengths: Tensor | None) -> tuple[Tensor, Tensor]:
        if lengths is None:
            output, last = self._run(x, None, self._split(state))
            return output, self._join(last)
        # Kernels need the longest first. torch would sort on the GPU, and Python would wait for it.
        order = lengths.argsort(descending=True)
        sort, unsort = to_device(order, x.device), to_device(order.argsort(), x.device)
        packed = pack_padded_sequence(x.index_select(0, sort), lengths[order], batch_first=True)
        first = self._split(state.index_select(0, sort))
        data, last = self._run(packed.data, packed.batch_sizes, first)
        rows = PackedSequence(data, packed.batch_sizes)
        output, _ = pad_packed_sequence(rows, batch_first=True, total_length=x.shape[1])
        return output.index_select(0, unsort), self._join(last).index_select(0, unsort)

    def _run(self, x: Tensor, sizes: Tensor | None, first: CellState) -> tuple[Tensor, CellState]:
        """Run the kernel on (B, T, I), or on packed rows with batch `sizes`.

        In autocast on a GPU torch runs it in fp16 whatever the autocast type is, where gradients of
        a mean over thousands of tokens underflow: 2^-24 is the smallest number. Here it runs in the
        autocast type, or in fp32 where cuDNN has no bf16.

        Returns:
            The outputs and the final state.
        """
        weights: Sequence[Tensor] = self.kernel.all_weights[0]
        if x.device.type != "cuda" or not torch.is_autocast_enabled("cuda"):
            return self._call(x, sizes, first, weights)
        dtype = torch.get_autocast_dtype("cuda")
        if dtype == torch.bfloat16 and not cudnn_has_bf16_rnn():
            dtype = torch.float32  # else torch would loop over time without cuDNN
        first = first.to(dtype) if isinstance(first, Tensor) else tuple(s.to(dtype) for s in first)
        flat = torch.cat([weight.flatten().to(dtype) for weight in weights])  # one block
        parts = flat.split([weight.numel() for weight in weights])
        weights = [part.view_as(weight) for part, weight in zip(parts, weights, strict=True)]
        with torch.autocast("cuda", enabled=False):
            return self._call(x.to(dtype), sizes, first, weights)

    def _call(
        self, x: Tensor, sizes: Tensor | None, first: CellState, weights: Sequence[Tensor]
    ) -> tuple[Tensor, CellState]:
        """Call torch's function of the kernel."""
        kernel = getattr(torch, self.kernel.mode.lower())  # lstm, gru, rnn_tanh, rnn_relu
        options = (
            True,  # has_biases
            1,  # num_layers
            0.0,  # dropout
            self.training,
            False,  # bidirectional
        )
        if sizes is None:
            output, *last = kernel(x, first, weights, *options, True)  # batch_first
        else:
            output, *last = kernel(x, sizes, first, weights, *options)
        return output, last[0] if len(last) == 1 else tuple(last)

    def _split(self, state: Tensor) -> CellState:
        """Return the state (B, P, H) in the layout of the kernel: P times (1, B, H)."""
        return state.transpose(0, 1).contiguous()

    def _join(self, last: CellState) -> Tensor:
        """Return the state (B, P, H) from the layout of the kernel."""
        return last.transpose(0, 1) if isinstance(last, Tensor) else torch.cat(last).transpose(0, 1)

    def input_weights(self) -> tuple[Tensor, Tensor]:
        weight, _, bias, _ = self.kernel.all_weights[0]
        return weight, bias

    def state_weights(self) -> tuple[Tensor, Tensor]:
        _, weight, _, bias = self.kernel.all_weights[0]
        return weight, bias


class RNN(_FusedCell):
    """Elman (1990): h_t = f(W_xh x_t + W_hh h_{t-1} + b), where f is tanh or relu.

    With relu W_hh starts as the identity, so that the state is kept at first (Le et al. 2015,
    https://arxiv.org/abs/1504.00941); with random weights it would grow or vanish.
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
        # In autocast n has a lower precision than an initial state, and lerp needs equal types.
        return torch.lerp(n, state[:, 0].to(n.dtype), z).unsqueeze(1)  # (1 - z) * n + z * h


class LSTM(_FusedCell):
    """Hochreiter and Schmidhuber (1997), with the forget gate of Gers et al. (2000).

    i, f, o = sigmoid(W x + U h), g = tanh(W_g x + U_g h), c' = f * c + i * g, h' = o * tanh(c'),
    biases left out. The bias of the forget gate starts at `forget_bias`: with 1 (Jozefowicz et
    al. 2015) the state is kept at first.
    """

    num_states = 2

    def __init__(self, input_size: int, size: int, forget_bias: float = 1.0) -> None:
        # The default is here, and not in conf, for run folders from before the option existed.
        super().__init__()
        self.kernel = nn.LSTM(input_size, size, batch_first=True)
        biases = self.input_weights()[1], self.state_weights()[1]
        for bias, initial in zip(biases, (forget_bias, 0.0), strict=True):
            nn.init.constant_(bias[size : 2 * size], initial)

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
