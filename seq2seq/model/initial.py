"""The encoder's state before the first token."""

import torch
from torch import Tensor, nn


class Zeros(nn.Module):
    """Nothing is known yet."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.shape = shape

    def forward(self, batch: int, like: Tensor) -> Tensor:
        """(B, *shape), of the type and on the device of `like`."""
        return like.new_zeros(batch, *self.shape)


class Learned(nn.Module):
    """A vector that is trained along, the same for every sentence."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.state = nn.Parameter(torch.zeros(shape))

    def forward(self, batch: int, like: Tensor) -> Tensor:
        """(B, *shape), of the type and on the device of `like`."""
        return self.state.to(like.dtype).expand(batch, *self.state.shape)
