"""Networks whose every state can be looked at."""

from collections.abc import Iterable
from typing import NamedTuple

import torch
from torch import Tensor

from seq2seq.model.cells.cell import Cell
from seq2seq.model.decoder import Decoder
from seq2seq.model.encoder import Encoder
from seq2seq.model.stack import Stack


class StateRecorder(Cell):
    """A cell that reads one position after the other, and keeps the states: the same numbers."""

    def __init__(self, cell: Cell, name: str, backward: bool) -> None:
        """Watch `cell`, of a layer called `name`; `backward`: it reads from the end."""
        super().__init__()
        self.cell, self.name, self.backward = cell, name, backward
        self.states: list[Tensor] = []  # of the last `forward`, T of (B, P, H)

    def forward(self, x: Tensor, state: Tensor, lengths: Tensor | None) -> tuple[Tensor, Tensor]:
        if lengths is not None:
            raise ValueError("sentences are watched one length at a time")
        self.states, shown = [], []
        for t in range(x.shape[1]):
            output, state = self.cell.step(x[:, t], state)
            self.states.append(state)
            shown.append(output)
        return torch.stack(shown, 1), state

    def step(self, x: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        return self.cell.step(x, state)


class LayerStates(NamedTuple):
    """What a cell made of a text."""

    name: str
    states: list[Tensor]  # T of (1, P, H), in the order in which they were made
    backward: bool  # the first of them is that of the last position

    def norms(self) -> list[float]:
        """The norm of what is shown (the first part of the state) at each position, in order."""
        found = [float(state[0, 0].detach().norm()) for state in self.states]
        return found[::-1] if self.backward else found


def recorded_layers(watched: Iterable[StateRecorder]) -> list[LayerStates]:
    """What each has just read."""
    return [LayerStates(each.name, each.states, each.backward) for each in watched]


def record_encoder(encoder: Encoder) -> tuple[Encoder, list[StateRecorder]]:
    """The same encoder, its cells watched."""
    made = []
    for number, cells in enumerate(encoder.layers, 1):
        ways = ("",) if len(cells) == 1 else (", forward", ", backward")
        named = zip(cells, ways, strict=True)
        made.append(
            [
                StateRecorder(cell, f"layer {number}{way}", place > 0)
                for place, (cell, way) in enumerate(named)
            ]
        )
    same = Encoder(encoder.embedding, made, encoder.initial, encoder.dropout, encoder.residual)
    return same.eval(), [cell for row in made for cell in row]


def record_decoder(decoder: Decoder) -> list[StateRecorder]:
    """Watch the cells of `decoder` from now on."""
    stack = decoder.stack
    made = [StateRecorder(cell, f"layer {n}", False) for n, cell in enumerate(stack.cells, 1)]
    decoder.stack = Stack(made, stack.dropout, stack.residual).eval()
    return made
