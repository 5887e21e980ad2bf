"""State carried over from the previous sentence of the document."""

import math
from typing import NamedTuple, Self

import torch
from torch import Tensor, nn

from seq2seq.model.bridge import StateShape

INITIAL_BIAS = -1.0  # g is 0.27 at first


class PreviousState(NamedTuple):
    """Final states of the sentences before B sentences, without a gradient."""

    encoder: Tensor  # (B, L, P, H) of the forward direction
    decoder: Tensor  # (B, L', P, H')
    is_first: Tensor  # (B,) bool, True: no sentence before; the states are meaningless

    def empty(self, count: int) -> Self:
        """Return a state of `count` sentences that are the first of their documents."""
        return self._replace(
            encoder=self.encoder.new_zeros(count, *self.encoder.shape[1:]),
            decoder=self.decoder.new_zeros(count, *self.decoder.shape[1:]),
            is_first=torch.ones(count, dtype=torch.bool, device=self.is_first.device),
        )

    def select(self, rows: Tensor) -> Self:
        """Return the state of the sentences with the indices `rows` (b,), in that order."""
        return self._replace(
            encoder=self.encoder[rows], decoder=self.decoder[rows], is_first=self.is_first[rows]
        )

    def scatter(self, rows: Tensor, others: Self) -> None:
        """Overwrite the `rows` (b,) with the first b rows of `others`, in place."""
        for target, part in zip(self, others, strict=True):
            target[rows] = part[: len(rows)].to(target.dtype)


class ContextGate(nn.Module):
    """Elementwise gate between the bridge's state and the decoder's previous final state.

    s_0 = g * s + (1 - g) * b with g = sigmoid(W [b; s] + c), where b is the output of the bridge
    and s the final state of the decoder in the previous sentence: as between two steps of a GRU.
    s_0 stays between b and s, so that states do not grow from sentence to sentence. c starts at
    `INITIAL_BIAS`: at first, b has more weight.
    """

    def __init__(self, shape: StateShape) -> None:
        """Create a gate for decoder states of `shape`."""
        super().__init__()
        size = math.prod(shape)
        self.linear = nn.Linear(2 * size, size)
        nn.init.constant_(self.linear.bias, INITIAL_BIAS)

    def forward(self, bridged: Tensor, previous: Tensor) -> Tensor:
        """Return s_0 (B, L, P, H) from b and s, both (B, L, P, H)."""
        both = torch.cat((bridged.flatten(1), previous.flatten(1)), 1)  # (B, 2 * L * P * H)
        gate = torch.sigmoid(self.linear(both)).view_as(bridged)
        return torch.lerp(bridged, previous.to(bridged.dtype), gate.to(bridged.dtype))
