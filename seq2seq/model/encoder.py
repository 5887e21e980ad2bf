"""Encoder, many-to-one: from a sentence to a final state, and a vector for each position."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from seq2seq.hardware import to_device
from seq2seq.model.cells.cell import Cell
from seq2seq.model.cells.truncated import reorder_positions, reverse_order, truncated_forward
from seq2seq.model.dropout import Dropout


class EncoderOutput(NamedTuple):
    """Outputs of the encoder for a batch."""

    values: Tensor  # (B, S, M) encoder outputs, zero at padding
    final: Tensor  # (B, L, P, M) final state, after the last token, directions concatenated


class Encoder(nn.Module):
    """Uni- or bidirectional recurrent layers over embedded tokens.

    A layer reads both directions of the layer below. The backward direction starts at the last
    token of each sentence, so padding is never read.
    """

    def __init__(
        self,
        embedding: nn.Embedding,
        layers: Sequence[Sequence[Cell]],
        initial: nn.Module,
        dropout: Dropout,
        residual: bool,
    ) -> None:
        """Compose an encoder.

        Args:
            embedding: embedding of the source tokens.
            layers: the cells of each layer: a forward cell, and a backward cell if bidirectional.
            initial: returns the initial states (B, L, D, P, H) of D directions.
            dropout: dropout after the embedding and between layers.
            residual: whether to add the input of a layer to its output, from the second layer on.
        """
        super().__init__()
        self.embedding, self.initial = embedding, initial
        self.layers: Sequence[Sequence[Cell]] = nn.ModuleList(  # type: ignore[assignment]
            nn.ModuleList(cells) for cells in layers
        )
        self.dropout, self.residual = dropout, residual

    def initial_states(self, count: int) -> Tensor:
        """Return the initial states (B, L, D, P, H) of `count` sentences."""
        state: Tensor = self.initial(count, self.embedding.weight)
        return state

    def forward_direction(self, final: Tensor) -> Tensor:
        """Return the forward direction (B, L, P, H) of a final state (B, L, P, M)."""
        return final.chunk(len(self.layers[0]), -1)[0]

    def forward(
        self, tokens: Tensor, lengths: Tensor | None, first: Tensor | None = None, chunk: int = 0
    ) -> EncoderOutput:
        """Encode sentences.

        Args:
            tokens: (B, S) source tokens.
            lengths: (B,) on the CPU, numbers of tokens without padding; `None`: all are S.
            first: (B, L, D, P, H) initial states; `None`: those of `initial_states`.
            chunk: positions over which gradients flow back; 0: all. See `truncated_forward`.
        """
        x = self.dropout(self.embedding(tokens))  # (B, S, E)
        order = None if lengths is None else reverse_order(to_device(lengths, x.device), x.shape[1])
        first = self.initial_states(len(x)) if first is None else first  # (B, L, D, P, H)
        final = []
        for layer, cells in enumerate(self.layers):
            below = self.dropout(x) if layer else x
            outputs, states = [], []
            for direction, cell in enumerate(cells):
                initial = first[:, layer, direction]
                if chunk:
                    output, state = truncated_forward(
                        cell, below, initial, lengths, chunk=chunk, backward=direction == 1
                    )
                else:
                    inputs = reorder_positions(below, order) if direction else below
                    output, state = cell(inputs, initial, lengths)
                    output = reorder_positions(output, order) if direction else output
                outputs.append(output)
                states.append(state)
            output = torch.cat(outputs, -1)  # (B, S, M)
            x = x + output if self.residual and layer else output
            final.append(torch.cat(states, -1))  # (B, P, M)
        return EncoderOutput(x, torch.stack(final, 1))
