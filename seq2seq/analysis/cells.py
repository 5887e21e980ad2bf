"""Cells with their initial weights."""

from typing import Any

import torch
from omegaconf import OmegaConf
from torch import Tensor

from seq2seq import builders
from seq2seq.config.paths import cell_files
from seq2seq.model.cells.cell import Cell


def fresh_cell(name: str, inputs: int, size: int, seed: int) -> Cell:
    """Build the cell of conf/model/cell/NAME.yaml with initial weights drawn from `seed`.

    Args:
        name: a file of conf/model/cell, without its suffix.
        inputs: I, the size of the input vectors.
        size: H, the size of the hidden state.
        seed: seed of torch's global random number generator, which this call resets.
    """
    torch.manual_seed(seed)
    node: Any = OmegaConf.to_container(OmegaConf.load(cell_files()[name]))
    sizes = {"input_size": inputs, "size": size}
    cell: Cell = builders.instantiate_node("model.cell", node, sizes)
    return cell


def zero_state(cell: Cell, x: Tensor) -> Tensor:
    """Return an initial state (B, P, H) of zeros for the input `x` (B, T, I)."""
    return x.new_zeros(len(x), cell.num_states, cell.state_weights()[0].shape[1])
