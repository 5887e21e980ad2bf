"""Truncated backpropagation through time: gradients flow back over a bounded number of positions.

Williams and Peng (1990), https://doi.org/10.1162/neco.1990.2.4.490.
"""

import torch
from torch import Tensor

from seq2seq.hardware import to_device
from seq2seq.model.cells.cell import Cell


def truncated_forward(
    cell: Cell, x: Tensor, first: Tensor, lengths: Tensor | None, *, chunk: int, backward: bool
) -> tuple[Tensor, Tensor]:
    """Compute `Cell.forward` with gradients cut between chunks.

    Chunks start at multiples of their size in both directions, so that with any number of layers
    the gradient of the outputs of a chunk stays in this chunk.

    Args:
        cell: the recurrence.
        x: (B, S, I) inputs.
        first: (B, P, H) initial state.
        lengths: (B,) on the CPU, the argument `lengths` of `Cell.forward`.
        chunk: number of positions in a chunk.
        backward: whether each sentence is read from its end.

    Returns:
        The outputs (B, S, H), in the order of `x`, and the final state (B, P, H), whose gradient
        flows into the chunk of its sentence's last position.
    """
    starts = list(range(0, x.shape[1], chunk))
    last, started = first, torch.zeros(len(x), dtype=torch.bool)
    outputs = []
    for start in reversed(starts) if backward else starts:
        part = x[:, start : start + chunk]
        remaining = torch.full((len(x),), part.shape[1]) if lengths is None else lengths - start
        real = remaining.clamp(0, part.shape[1])  # (B,) positions without padding
        # An initial state may be learned and keeps its gradient; a carried state is detached.
        state = torch.where(_row_mask(started, x), last.detach(), first)
        output, final = forward_rows(cell, part, state, real, backward=backward)
        last = torch.where(_row_mask(real > 0, x), final, last)
        started = started | (real > 0)
        outputs.append(output)
    return torch.cat(outputs[::-1] if backward else outputs, 1), last


def forward_rows(
    cell: Cell, x: Tensor, state: Tensor, real: Tensor, *, backward: bool
) -> tuple[Tensor, Tensor]:
    """Compute `Cell.forward` where some rows may be all padding.

    Args:
        cell: the recurrence.
        x: (B, S, I) inputs.
        state: (B, P, H) initial state.
        real: (B,) on the CPU, numbers of positions without padding, 0 or more.
        backward: whether each row is read from its end.

    Returns:
        The outputs (B, S, H), in the order of `x`, zero at padding, and the final state (B, P, H),
        meaningless for rows without a position.
    """
    full = bool((real == x.shape[1]).all())
    lengths = None if full else real.clamp(min=1)
    order = None if lengths is None else reverse_order(to_device(lengths, x.device), x.shape[1])
    output, last = cell(reorder_positions(x, order) if backward else x, state, lengths)
    output = reorder_positions(output, order) if backward else output
    return output if full else output * _row_mask(real > 0, x), last


def _row_mask(rows: Tensor, like: Tensor) -> Tensor:
    """Return `rows` (B,), on the CPU, as (B, 1, 1) on the device of `like`."""
    return to_device(rows, like.device).view(-1, 1, 1)


def reverse_order(lengths: Tensor, positions: int) -> Tensor:
    """Return the indices (B, S) of the positions of each sentence from the last to the first.

    Padding stays at the end: length 2 of 4 positions gives 1, 0, 2, 3.
    """
    position = torch.arange(positions, device=lengths.device)  # (S,)
    mirrored = lengths.unsqueeze(1) - 1 - position  # (B, S), negative at padding
    return torch.where(mirrored >= 0, mirrored, position)


def reorder_positions(x: Tensor, order: Tensor | None) -> Tensor:
    """Return `x` (B, S, ...) with its positions in `order` (B, S); `None`: reversed."""
    if order is None:
        return x.flip(1)
    return x.gather(1, order.unsqueeze(-1).expand_as(x))
