"""How much of a gradient is left after it has gone back k steps.

Bengio et al. (1994), https://doi.org/10.1109/72.279181, and Pascanu et al. (2013),
https://arxiv.org/abs/1211.5063: d loss_T / d h_{T-k} is a product of k Jacobians, and fades or
grows exponentially in k.
"""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from seq2seq.analysis.cells import zero_state
from seq2seq.model.cells.cell import Cell


def gradient_norms(loss: Tensor, states: Sequence[Tensor]) -> Tensor:
    """The norm of d `loss` / d h for each of `states`, T of (B, P, H), as (B, T).

    The last state comes first: column k is what is left after k steps back. Where `loss` does not
    depend on a state it is 0.
    """
    found = torch.autograd.grad(loss, states, retain_graph=True, materialize_grads=True)
    return torch.stack([part.flatten(1).norm(dim=1) for part in reversed(found)], 1)


def states_of(cell: Cell, x: Tensor) -> list[Tensor]:
    """The states (B, P, H) after each position of `x` (B, T, I), from a state of zeros on."""
    state, states = zero_state(cell, x), []
    for t in range(x.shape[1]):
        _, state = cell.step(x[:, t], state)
        states.append(state)
    return states


def fresh_cell_norms(cell: Cell, inputs: int, length: int, batch: int, seed: int) -> list[float]:
    """The median of `norms` over `batch` sequences of `length` + 1 random inputs.

    The loss is what the cell shows in the end, in a random direction of length 1, so that the
    gradient starts with the norm 1. In double precision, or small gradients would be none.
    """
    random = torch.Generator().manual_seed(seed)
    x = torch.randn(batch, length + 1, inputs, generator=random).double()
    states = states_of(cell.double(), x)
    shown = states[-1][:, 0]  # (B, H)
    direction = torch.randn(shown.shape, generator=random).double()
    loss = (shown * direction / direction.norm(dim=1, keepdim=True)).sum()
    return median_norms(gradient_norms(loss, states))


def median_norms(rows: Iterable[Tensor]) -> list[float]:
    """The median at each distance of `rows` of norms, as far as half of the rows go."""
    columns = [row.tolist() for row in rows]
    found = []
    for distance in range(max(map(len, columns))):
        there = sorted(row[distance] for row in columns if len(row) > distance)
        if 2 * len(there) < len(columns):
            break
        found.append(float(there[len(there) // 2]))
    return found


def relative_norms(found: Sequence[float]) -> list[float]:
    """The norms as shares of the first, where there is one."""
    return [norm / found[0] if found[0] else 0.0 for norm in found]
