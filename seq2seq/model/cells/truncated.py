"""A recurrence whose gradient goes back a bounded number of positions.

Williams and Peng (1990), https://doi.org/10.1162/neco.1990.2.4.490.
"""

import torch
from torch import Tensor

from seq2seq.hardware import to_device
from seq2seq.model.cells.cell import Cell


def truncated_forward(
    cell: Cell, x: Tensor, first: Tensor, lengths: Tensor | None, how: tuple[int, bool]
) -> tuple[Tensor, Tensor]:
    """As `Cell.forward`, the same numbers, the gradient being cut between chunks.

    A chunk begins at every multiple of its size, in both directions: so what the layers make of a
    chunk depends, as the gradient goes, on this chunk alone, however many layers there are.

    Args:
        cell: the recurrence.
        x: (B, S, I) the inputs.
        first: (B, P, H) the state before the first position that is read.
        lengths: (B,) on the CPU, as for `Cell.forward`.
        how: the size of a chunk in positions, and whether each sentence is read from its end.

    Returns:
        What is seen at each position (B, S, H), in the order of `x`, and the state (B, P, H) after
        the last one that is read, whose gradient goes into the chunk that it was reached in.
    """
    size, backward = how
    places = list(range(0, x.shape[1], size))
    last, begun = first, torch.zeros(len(x), dtype=torch.bool)
    outputs = []
    for place in reversed(places) if backward else places:
        part = x[:, place : place + size]
        left = torch.full((len(x),), part.shape[1]) if lengths is None else lengths - place
        real = left.clamp(0, part.shape[1])
        # What a sentence starts with may be learned; what it has come to is cut.
        state = torch.where(_row_mask(begun, x), last.detach(), first)
        output, following = forward_rows(cell, part, state, real, backward)
        last = torch.where(_row_mask(real > 0, x), following, last)
        begun = begun | (real > 0)
        outputs.append(output)
    return torch.cat(outputs[::-1] if backward else outputs, 1), last


def forward_rows(
    cell: Cell, x: Tensor, state: Tensor, real: Tensor, backward: bool
) -> tuple[Tensor, Tensor]:
    """`Cell.forward` where `real` (B,), on the CPU, may be 0: of such rows the state is nothing's.

    What is seen (B, S, H) is in the order of `x`, and zero where nothing is real.
    """
    full = bool((real == x.shape[1]).all())
    lengths = None if full else real.clamp(min=1)
    order = None if lengths is None else reverse_order(to_device(lengths, x.device), x.shape[1])
    output, last = cell(reorder_positions(x, order) if backward else x, state, lengths)
    output = reorder_positions(output, order) if backward else output
    return output if full else output * _row_mask(real > 0, x), last


def _row_mask(rows: Tensor, like: Tensor) -> Tensor:
    """(B,) on the CPU as (B, 1, 1) on the device of `like`."""
    return to_device(rows, like.device).view(-1, 1, 1)


def reverse_order(lengths: Tensor, positions: int) -> Tensor:
    """For each sentence the order (B, S) of its positions from the last to the first.

    Padding stays where it is: length 2 of 4 positions gives 1, 0, 2, 3.
    """
    position = torch.arange(positions, device=lengths.device)  # (S,)
    mirrored = lengths.unsqueeze(1) - 1 - position  # (B, S), negative at padding
    return torch.where(mirrored >= 0, mirrored, position)


def reorder_positions(x: Tensor, order: Tensor | None) -> Tensor:
    """The positions of `x` (B, S, ...) in another `order` (B, S); `None`: from the last on."""
    if order is None:
        return x.flip(1)
    return x.gather(1, order.unsqueeze(-1).expand_as(x))
