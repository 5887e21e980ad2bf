"""Cells as they are before training."""

from typing import Any

import torch
from omegaconf import OmegaConf
from torch import Tensor

from seq2seq import builders
from seq2seq.config.paths import cell_files
from seq2seq.model.cells.cell import Cell


def fresh_cell(name: str, inputs: int, size: int, seed: int) -> Cell:
    """The cell of conf/model/cell/NAME.yaml, with the fresh weights of `seed`.

    It reads `inputs` values at each position, I, and its state has the size H.
    """
    torch.manual_seed(seed)
    node: Any = OmegaConf.to_container(OmegaConf.load(cell_files()[name]))
    made: Cell = builders.instantiate_node("model.cell", node, {"input_size": inputs, "size": size})
    return made


def zero_state(cell: Cell, x: Tensor) -> Tensor:
    """The state (B, P, H) of zeros before `x` (B, T, I)."""
    return x.new_zeros(len(x), cell.num_states, cell.state_weights()[0].shape[1])
