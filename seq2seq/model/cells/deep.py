"""Deep transition cells."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from seq2seq.hardware import to_device
from seq2seq.model.cells.cell import Cell
from seq2seq.model.cells.rnn import GRU


class DeepTransition(Cell):
    """GRU whose state goes through more GRUs before the next position, Pascanu et al. (2014).

    https://arxiv.org/abs/1312.6026; in translation, Miceli Barone et al. (2017), section 2.3,
    https://aclanthology.org/W17-4710. The transitions after the first read no input:
    r, z = sigmoid(U h), n = tanh(r * (U_n h) + b), h' = (1 - z) * n + z * h. There is no fused
    kernel for it, so Python loops over time.
    """

    num_states = 1

    def __init__(self, input_size: int, size: int, depth: int) -> None:
        """Create a cell.

        Args:
            input_size: I, the size of the input.
            size: H, the size of the hidden state.
            depth: number of transitions between two positions; 1: a GRU.

        Raises:
            ValueError: `depth` is less than 1.
        """
        if depth < 1:
            raise ValueError(f"depth must be 1 or more, not {depth}")
        super().__init__()
        self.first = GRU(input_size, size)
        self.above = nn.ModuleList(nn.Linear(size, 3 * size) for _ in range(depth - 1))
        self.biases = nn.ParameterList(torch.zeros(size) for _ in range(depth - 1))

    def input_weights(self) -> tuple[Tensor, Tensor]:
        return self.first.input_weights()

    def state_weights(self) -> tuple[Tensor, Tensor]:
        return self.first.state_weights()

    def update(self, x_proj: Tensor, h_proj: Tensor, state: Tensor) -> Tensor:
        state = self.first.update(x_proj, h_proj, state)
        for linear, bias in zip(self.above, self.biases, strict=True):
            gates = linear(state[:, 0])  # (B, 3 H)
            # In place of a projected input: 0 for r and z, b for n.
            no_input = functional.pad(bias, (2 * len(bias), 0)).expand_as(gates)
            state = self.first.update(no_input, gates, state)
        return state

    def forward(self, x: Tensor, state: Tensor, lengths: Tensor | None) -> tuple[Tensor, Tensor]:
        x_proj = self.project_input(x)  # (B, T, G), for all positions at once
        outputs = []
        ends = None if lengths is None else to_device(lengths, x.device).view(-1, 1, 1)
        for t in range(x.shape[1]):
            h_proj = functional.linear(state[:, 0], *self.state_weights())
            next_state = self.update(x_proj[:, t], h_proj, state)
            output = next_state[:, 0]
            if ends is not None:
                real = t < ends  # (B, 1, 1)
                next_state, output = torch.where(real, next_state, state), output * real[:, 0]
            state = next_state
            outputs.append(output)
        return torch.stack(outputs, 1), state
