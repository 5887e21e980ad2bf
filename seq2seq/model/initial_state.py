"""Initial states of recurrences, before the first token."""

import torch
from torch import Tensor, nn


class ZeroState(nn.Module):
    """Zeros as the initial state."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.shape = shape

    def forward(self, batch: int, like: Tensor) -> Tensor:
        """Return (B, *shape), of the type and on the device of `like`."""
        return like.new_zeros(batch, *self.shape)


class LearnedState(nn.Module):
    """Learned initial state, the same for every sentence."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.state = nn.Parameter(torch.zeros(shape))

    def forward(self, batch: int, like: Tensor) -> Tensor:
        """Return (B, *shape), of the type and on the device of `like`."""
        return self.state.to(like.dtype).expand(batch, *self.state.shape)


def reset_where(carried: Tensor | None, initial: Tensor, is_first: Tensor) -> Tensor:
    """Return carried states (B, ...), replaced by the initial state where a text starts.

    Args:
        carried: (B, ...) states after the preceding text, without a gradient; `None`: there are
            none, and all are initial.
        initial: (B, ...) initial states.
        is_first: (B,) bool, True: a text starts, and the carried state is of another text.
    """
    if carried is None:
        return initial
    return torch.where(is_first.view(-1, *[1] * (initial.dim() - 1)), initial, carried)
