"""Many-to-one: a sentence of any length becomes a state, and a memory of its positions."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from seq2seq.model.cells import Cell
from seq2seq.model.dropout import Dropout


class Encoded(NamedTuple):
    """What the encoder made of a batch."""

    values: Tensor  # (B, S, M) one vector for each position, zero at padding
    final: Tensor  # (B, L, P, H) the state after the last token, the directions side by side


class Encoder(nn.Module):
    """Layers of a recurrence in one direction or both, over embedded tokens.

    A layer reads both directions of the one below. The backward direction starts at each
    sentence's true last token, so padding is never read.
    """

    def __init__(
        self,
        embedding: nn.Embedding,
        layers: Sequence[Sequence[Cell]],
        initial: nn.Module,
        dropout: Dropout,
        residual: bool,
    ) -> None:
        """Put an encoder together.

        Args:
            embedding: of the source tokens.
            layers: for each layer its cells: the forward one, and the backward one if any.
            initial: gives (B, L, D, P, H), the first state of D directions.
            dropout: after the embedding and between layers.
            residual: add each layer's input to its output, from the second layer on.
        """
        super().__init__()
        self.embedding, self.initial = embedding, initial
        self.layers: Sequence[Sequence[Cell]] = nn.ModuleList(  # type: ignore[assignment]
            nn.ModuleList(cells) for cells in layers
        )
        self.dropout, self.residual = dropout, residual

    def forward(self, tokens: Tensor, lengths: Tensor | None) -> Encoded:
        """Read `tokens` (B, S), of which `lengths` (B,), on the CPU, are real; `None`: all."""
        x = self.dropout(self.embedding(tokens))  # (B, S, E)
        order = None if lengths is None else backwards(lengths.to(x.device), x.shape[1])
        first = self.initial(len(x), x)  # (B, L, D, P, H)
        final = []
        for layer, cells in enumerate(self.layers):
            below = self.dropout(x) if layer else x
            outputs, states = [], []
            for direction, cell in enumerate(cells):
                read = _reverse(below, order) if direction else below
                output, state = cell.sequence(read, first[:, layer, direction], lengths)
                outputs.append(_reverse(output, order) if direction else output)
                states.append(state)
            output = torch.cat(outputs, -1)  # (B, S, M)
            x = x + output if self.residual and layer else output
            final.append(torch.cat(states, -1))  # (B, P, M)
        return Encoded(x, torch.stack(final, 1))


def backwards(lengths: Tensor, positions: int) -> Tensor:
    """For each sentence the order (B, S) of its positions from the last to the first.

    Padding stays where it is: length 2 of 4 positions gives 1, 0, 2, 3.
    """
    position = torch.arange(positions, device=lengths.device)  # (S,)
    mirrored = lengths.unsqueeze(1) - 1 - position  # (B, S), negative at padding
    return torch.where(mirrored >= 0, mirrored, position)


def _reverse(x: Tensor, order: Tensor | None) -> Tensor:
    if order is None:
        return x.flip(1)
    return x.gather(1, order.unsqueeze(-1).expand_as(x))
