"""Norms of gradients that are backpropagated through k steps of a recurrence.

Bengio et al. (1994), https://doi.org/10.1109/72.279181, and Pascanu et al. (2013),
https://arxiv.org/abs/1211.5063: d loss_T / d h_{T-k} is a product of k Jacobians, which vanishes
or explodes exponentially in k.
"""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from seq2seq.analysis.cells import zero_state
from seq2seq.model.cells.cell import Cell


def gradient_norms(loss: Tensor, states: Sequence[Tensor]) -> Tensor:
    """Compute the norm of d `loss` / d h for each of `states`.

    Args:
        loss: () or the sum over a batch of independent losses.
        states: T tensors (B, P, H), in the order of their positions.

    Returns:
        (B, T) with the last state first: column k is the norm after k steps back. It is 0 where
        `loss` does not depend on the state.
    """
    gradients = torch.autograd.grad(loss, states, retain_graph=True, materialize_grads=True)
    return torch.stack([gradient.flatten(1).norm(dim=1) for gradient in reversed(gradients)], 1)


def step_states(cell: Cell, x: Tensor) -> list[Tensor]:
    """Compute the T states (B, P, H) after each position of `x` (B, T, I), from a zero state."""
    state, states = zero_state(cell, x), []
    for t in range(x.shape[1]):
        _, state = cell.step(x[:, t], state)
        states.append(state)
    return states


def fresh_cell_norms(cell: Cell, inputs: int, length: int, batch: int, seed: int) -> list[float]:
    """Compute the median of `gradient_norms` over random inputs.

    The loss is the projection of the last output onto a random unit vector, so that the gradient
    has the norm 1 at k = 0. The computation is in double precision, in which small gradients do
    not underflow; `cell` is converted in place.

    Args:
        cell: the cell.
        inputs: I, the size of its input vectors.
        length: the largest k; the inputs have `length` + 1 positions.
        batch: B, the number of input sequences.
        seed: seed of the inputs and the unit vectors.

    Returns:
        `length` + 1 medians, for k = 0, 1, ...
    """
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(batch, length + 1, inputs, generator=generator).double()
    states = step_states(cell.double(), x)
    output = states[-1][:, 0]  # (B, H)
    direction = torch.randn(output.shape, generator=generator).double()
    loss = (output * direction / direction.norm(dim=1, keepdim=True)).sum()
    return median_norms(gradient_norms(loss, states))


def median_norms(rows: Iterable[Tensor]) -> list[float]:
    """Compute the median norm at each distance k, over rows of different lengths.

    Args:
        rows: norms by distance, one or more tensors (T,).

    Returns:
        The upper medians, for all distances that at least half of the rows have.
    """
    norms_of_rows = [row.tolist() for row in rows]
    medians = []
    for distance in range(max(map(len, norms_of_rows))):
        norms = sorted(row[distance] for row in norms_of_rows if len(row) > distance)
        if 2 * len(norms) < len(norms_of_rows):
            break
        medians.append(float(norms[len(norms) // 2]))
    return medians


def relative_norms(norms: Sequence[float]) -> list[float]:
    """Divide the norms by the first one; return zeros if that is 0."""
    return [norm / norms[0] if norms[0] else 0.0 for norm in norms]
