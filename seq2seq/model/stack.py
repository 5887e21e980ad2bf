"""Layers of a recurrence, one above the other."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from seq2seq.model.cells.cell import Cell
from seq2seq.model.dropout import Dropout


class Stack(nn.Module):
    """Cells of one size, each reading what the one below shows, and a context if there is one.

    With `residual`, a layer adds what it read from below to what it shows, from the second on (Wu
    et al. 2016, equation 6). State: (B, L, P, H).
    """

    def __init__(self, cells: Sequence[Cell], dropout: Dropout, residual: bool) -> None:
        super().__init__()
        self.cells: Sequence[Cell] = nn.ModuleList(cells)  # type: ignore[assignment]
        self.dropout, self.residual = dropout, residual

    def first_layer(
        self, x: Tensor, state: Tensor, lengths: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """The first layer over (B, T, I): its outputs (B, T, H) and final state (B, 1, P, H)."""
        output, last = self.cells[0](x, state[:, 0], lengths)
        return output, last.unsqueeze(1)

    def upper_layers(
        self, x: Tensor, context: Tensor, state: Tensor, lengths: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """The other layers, over what the first one showed.

        Args:
            x: (B, T, H) the outputs of the first layer.
            context: (B, T, C) what every layer reads beside the one below; C may be 0.
            state: (B, L, P, H) of all layers, the first one's not read.
            lengths: as for `Cell.forward`.

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
        """One position of the first layer: (B, I) to (B, H) and its next state (B, 1, P, H)."""
        output, following = self.cells[0].step(x, state[:, 0])
        return output, following.unsqueeze(1)

    def step_upper_layers(self, x: Tensor, context: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """One position of the other layers: as `upper_layers`, without the dimension of time."""
        following = [state[:, :0]]
        for layer, cell in enumerate(self.cells[1:], 1):
            output, last = cell.step(torch.cat((x, context), -1), state[:, layer])
            x = x + output if self.residual else output
            following.append(last.unsqueeze(1))
        return x, torch.cat(following, 1)
