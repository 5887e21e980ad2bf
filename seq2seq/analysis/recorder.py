"""Recorders around the cells of a network, which keep every hidden state."""

from collections.abc import Iterable
from typing import NamedTuple

import torch
from torch import Tensor

from seq2seq.model.cells.cell import Cell
from seq2seq.model.decoder import Decoder
from seq2seq.model.encoder import Encoder
from seq2seq.model.stack import Stack


class StateRecorder(Cell):
    """Wrapper of a cell that steps through the positions and keeps the states.

    Its outputs are those of the cell, up to rounding.
    """

    def __init__(self, cell: Cell, name: str, backward: bool) -> None:
        """Wrap `cell`.

        Args:
            cell: the cell.
            name: name of the layer, for plots.
            backward: whether its input is reversed, as in the backward direction of an encoder.
        """
        super().__init__()
        self.cell, self.name, self.backward = cell, name, backward
        self.states: list[Tensor] = []  # T states (B, P, H) of the last `forward`

    def forward(self, x: Tensor, state: Tensor, lengths: Tensor | None) -> tuple[Tensor, Tensor]:
        """Compute outputs (B, T, H) and the final state (B, P, H), and keep the T states.

        Raises:
            ValueError: `lengths` is not None: padded batches cannot be recorded.
        """
        if lengths is not None:
            raise ValueError("a padded batch cannot be recorded: give sentences of one length")
        self.states, outputs = [], []
        for t in range(x.shape[1]):
            output, state = self.cell.step(x[:, t], state)
            self.states.append(state)
            outputs.append(output)
        return torch.stack(outputs, 1), state

    def step(self, x: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Compute one position, which is not recorded."""
        return self.cell.step(x, state)


class LayerStates(NamedTuple):
    """The hidden states of one layer over one sequence."""

    name: str
    states: list[Tensor]  # T of (1, P, H), in the order in which they were computed
    backward: bool  # whether the first state is that of the last position

    def norms(self) -> list[float]:
        """Return the norm of the output (the first part of the state) at each position."""
        norms = [float(state[0, 0].detach().norm()) for state in self.states]
        return norms[::-1] if self.backward else norms


def recorded_layers(recorders: Iterable[StateRecorder]) -> list[LayerStates]:
    """Return the states of the last forward pass, one item for each recorder."""
    return [LayerStates(each.name, each.states, each.backward) for each in recorders]


def record_encoder(encoder: Encoder) -> tuple[Encoder, list[StateRecorder]]:
    """Return an encoder in evaluation mode with the same weights, and recorders of its cells."""
    layers = []
    for number, cells in enumerate(encoder.layers, 1):
        directions = ("",) if len(cells) == 1 else (", forward", ", backward")
        layers.append(
            [
                StateRecorder(cell, f"layer {number}{direction}", direction == ", backward")
                for cell, direction in zip(cells, directions, strict=True)
            ]
        )
    recorded = Encoder(
        encoder.embedding, layers, encoder.initial, encoder.dropout, encoder.residual
    )
    return recorded.eval(), [recorder for layer in layers for recorder in layer]


def record_decoder(decoder: Decoder) -> list[StateRecorder]:
    """Replace the cells of `decoder` by recorders, in place, and return the recorders."""
    stack = decoder.stack
    recorders = [StateRecorder(cell, f"layer {n}", False) for n, cell in enumerate(stack.cells, 1)]
    decoder.stack = Stack(recorders, stack.dropout, stack.residual).eval()
    return recorders
