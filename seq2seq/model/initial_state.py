"""The state before the first token."""

import torch
from torch import Tensor, nn


class ZeroState(nn.Module):
    """Nothing is known yet."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.shape = shape

    def forward(self, batch: int, like: Tensor) -> Tensor:
        """(B, *shape), of the type and on the device of `like`."""
        return like.new_zeros(batch, *self.shape)


class LearnedState(nn.Module):
    """A vector that is trained along, the same for every sentence."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.state = nn.Parameter(torch.zeros(shape))

    def forward(self, batch: int, like: Tensor) -> Tensor:
        """(B, *shape), of the type and on the device of `like`."""
        return self.state.to(like.dtype).expand(batch, *self.state.shape)


def reset_where(carried: Tensor | None, begun: Tensor, new: Tensor) -> Tensor:
    """The states (B, ...) that text begins with: those `carried`, or `begun` where it is new.

    Args:
        carried: (B, ...) after what was read before, without a gradient; None: there is none.
        begun: (B, ...) states before all text.
        new: (B,) bool, where the carried state is of another text.
    """
    if carried is None:
        return begun
    return torch.where(new.view(-1, *[1] * (begun.dim() - 1)), begun, carried)
