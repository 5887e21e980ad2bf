"""Stack of recurrent layers."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from seq2seq.model.cells.cell import Cell
from seq2seq.model.dropout import Dropout


class Stack(nn.Module):
    """Cells of one size; each reads the output of the cell below, and the context if there is one.

    With `residual`, a layer adds its input to its output, from the second layer on (Wu et al. 2016,
    equation 6). State: (B, L, P, H).
    """

    def __init__(self, cells: Sequence[Cell], dropout: Dropout, residual: bool) -> None:
        super().__init__()
        self.cells: Sequence[Cell] = nn.ModuleList(cells)  # type: ignore[assignment]
        self.dropout, self.residual = dropout, residual

    def first_layer(
        self, x: Tensor, state: Tensor, lengths: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Return outputs (B, T, H) and the final state (B, 1, P, H) of the first layer."""
        output, last = self.cells[0](x, state[:, 0], lengths)
        return output, last.unsqueeze(1)

    def upper_layers(
        self, x: Tensor, context: Tensor, state: Tensor, lengths: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Compute the layers above the first.

        Args:
            x: (B, T, H) the outputs of the first layer.
            context: (B, T, C) second input of every layer, beside the layer below; C may be 0.
            state: (B, L, P, H) initial states of all layers; the first layer's is ignored.
            lengths: the argument `lengths` of `Cell.forward`.

        Returns:
            The outputs of the last layer (B, T, H), and the final states (B, L - 1, P, H).
        """
        final = [state[:, :0]]
        for layer, cell in enumerate(self.cells[1:], 1):
            below = torch.cat((self.dropout(x), context), -1)  # (B, T, H + C)
            output, last = cell(below, state[:, layer], lengths)
            x = x + output if self.residual else output
            final.append(last.unsqueeze(1))
        return x, torch.cat(final, 1)

    def step_first_layer(self, x: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Return the output (B, H) and next state (B, 1, P, H) of the first layer."""
        output, next_state = self.cells[0].step(x, state[:, 0])
        return output, next_state.unsqueeze(1)

    def step_upper_layers(self, x: Tensor, context: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Compute one position of `upper_layers`: the same, without the dimension of time."""
        next_states = [state[:, :0]]
        for layer, cell in enumerate(self.cells[1:], 1):
            output, last = cell.step(torch.cat((x, context), -1), state[:, layer])
            x = x + output if self.residual else output
            next_states.append(last.unsqueeze(1))
        return x, torch.cat(next_states, 1)
