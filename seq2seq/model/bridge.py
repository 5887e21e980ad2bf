"""Bridges from the final state of the encoder to the initial state of the decoder."""

import math

import torch
from torch import Tensor, nn

StateShape = tuple[int, int, int]  # L, P, and H (or M, directions concatenated)


class CopyBridge(nn.Module):
    """Bridge that copies the final state of the encoder: many-to-one + one-to-many.

    Sutskever et al. (2014), https://arxiv.org/abs/1409.3215
    """

    def __init__(self, source: StateShape, target: StateShape) -> None:
        super().__init__()
        if source != target:
            raise ValueError(
                "the copy bridge needs encoder and decoder states of the same layers, parts and "
                f"size (both directions together), not {source} and {target}"
            )

    def forward(self, final: Tensor) -> Tensor:
        """Return the final state (B, L, P, H) unchanged."""
        return final


class ProjectionBridge(nn.Module):
    """Bridge s_0 = tanh(W h + b), over all layers together, Bahdanau et al. (2015), A.2.2."""

    def __init__(self, source: StateShape, target: StateShape) -> None:
        super().__init__()
        self.target = target
        self.linear = nn.Linear(math.prod(source), math.prod(target))

    def forward(self, final: Tensor) -> Tensor:
        """Return the initial state (B, L', P, H') from the final state (B, L, P, M)."""
        state: Tensor = torch.tanh(self.linear(final.flatten(1)))  # (B, L' * P * H')
        return state.reshape(len(final), *self.target)


class ZeroBridge(nn.Module):
    """Bridge that returns zeros: only attention connects the decoder to the source."""

    def __init__(self, source: StateShape, target: StateShape) -> None:
        super().__init__()
        del source  # unused: all bridges share one signature
        self.target = target

    def forward(self, final: Tensor) -> Tensor:
        """Return zeros (B, L', P, H')."""
        return final.new_zeros(len(final), *self.target)


class LearnedBridge(nn.Module):
    """Bridge that returns a learned state, the same for every source."""

    def __init__(self, source: StateShape, target: StateShape) -> None:
        super().__init__()
        del source  # unused: all bridges share one signature
        self.state = nn.Parameter(torch.zeros(target))

    def forward(self, final: Tensor) -> Tensor:
        """Return the learned state, expanded to (B, L', P, H')."""
        return self.state.to(final.dtype).expand(len(final), *self.state.shape)
