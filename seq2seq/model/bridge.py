"""From the encoder's final state to the decoder's first one."""

import math

import torch
from torch import Tensor, nn

StateShape = tuple[int, int, int]  # layers, parts and size of a state, the directions side by side


class CopyBridge(nn.Module):
    """The encoder's state is the decoder's: the classic many-to-one + one-to-many.

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
        """The encoder's final state (B, L, P, H) itself."""
        return final


class ProjectionBridge(nn.Module):
    """s_0 = tanh(W h + b), Bahdanau et al. (2015), appendix A.2.2, of all layers together."""

    def __init__(self, source: StateShape, target: StateShape) -> None:
        super().__init__()
        self.target = target
        self.linear = nn.Linear(math.prod(source), math.prod(target))

    def forward(self, final: Tensor) -> Tensor:
        """The encoder's final state (B, L, P, H) to the decoder's first one (B, L', P, H')."""
        state: Tensor = torch.tanh(self.linear(final.flatten(1)))  # (B, L' * P * H')
        return state.reshape(len(final), *self.target)


class ZeroBridge(nn.Module):
    """The decoder knows nothing of the source but what attention reads."""

    def __init__(self, source: StateShape, target: StateShape) -> None:
        super().__init__()
        del source  # the same call as every bridge
        self.target = target

    def forward(self, final: Tensor) -> Tensor:
        """(B, L', P, H') zeros."""
        return final.new_zeros(len(final), *self.target)


class LearnedBridge(nn.Module):
    """The decoder starts from one trained vector, whatever the source."""

    def __init__(self, source: StateShape, target: StateShape) -> None:
        super().__init__()
        del source  # the same call as every bridge
        self.state = nn.Parameter(torch.zeros(target))

    def forward(self, final: Tensor) -> Tensor:
        """(B, L', P, H'), the same for every sentence."""
        return self.state.to(final.dtype).expand(len(final), *self.state.shape)
