"""Many-to-one: a sentence of any length becomes a state, and a memory of its positions."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from seq2seq.hardware import to_device
from seq2seq.model.cells.cell import Cell
from seq2seq.model.cells.truncated import reorder_positions, reverse_order, truncated_forward
from seq2seq.model.dropout import Dropout


class EncoderOutput(NamedTuple):
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

    def initial_states(self, count: int) -> Tensor:
        """The states (B, L, D, P, H) of `count` sentences of which nothing has been read."""
        state: Tensor = self.initial(count, self.embedding.weight)
        return state

    def forward_direction(self, final: Tensor) -> Tensor:
        """Of a final state (B, L, P, M) the part (B, L, P, H) of the forward direction."""
        return final.chunk(len(self.layers[0]), -1)[0]

    def forward(
        self, tokens: Tensor, lengths: Tensor | None, first: Tensor | None = None, chunk: int = 0
    ) -> EncoderOutput:
        """Read sentences.

        Args:
            tokens: (B, S).
            lengths: (B,) on the CPU, how many of the tokens are real; `None`: all.
            first: (B, L, D, P, H) the states before them, if not those of `initial_states`.
            chunk: positions that the gradient goes back; 0: all. See `truncated`.
        """
        x = self.dropout(self.embedding(tokens))  # (B, S, E)
        order = None if lengths is None else reverse_order(to_device(lengths, x.device), x.shape[1])
        first = self.initial_states(len(x)) if first is None else first  # (B, L, D, P, H)
        final = []
        for layer, cells in enumerate(self.layers):
            below = self.dropout(x) if layer else x
            outputs, states = [], []
            for direction, cell in enumerate(cells):
                before = first[:, layer, direction]
                if chunk:
                    output, state = truncated_forward(
                        cell, below, before, lengths, (chunk, direction == 1)
                    )
                else:
                    read = reorder_positions(below, order) if direction else below
                    output, state = cell(read, before, lengths)
                    output = reorder_positions(output, order) if direction else output
                outputs.append(output)
                states.append(state)
            output = torch.cat(outputs, -1)  # (B, S, M)
            x = x + output if self.residual and layer else output
            final.append(torch.cat(states, -1))  # (B, P, M)
        return EncoderOutput(x, torch.stack(final, 1))
