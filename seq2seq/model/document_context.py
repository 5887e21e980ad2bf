"""What a sentence finds of the one before it in its document."""

import math
from typing import NamedTuple, Self

import torch
from torch import Tensor, nn

from seq2seq.model.bridge import StateShape


class PreviousState(NamedTuple):
    """The states in which the sentences before B sentences ended, without a gradient."""

    encoder: Tensor  # (B, L, P, H) of its forward direction
    decoder: Tensor  # (B, L', P, H')
    is_first: Tensor  # (B,) bool, where there is no sentence before: the states mean nothing

    def empty(self, count: int) -> Self:
        """As much for `count` sentences, without any before them."""
        states = (part.new_zeros(count, *part.shape[1:]) for part in self[:2])
        new = torch.ones(count, dtype=torch.bool, device=self.is_first.device)
        return self._replace(encoder=next(states), decoder=next(states), is_first=new)

    def select(self, rows: Tensor) -> Self:
        """Only `rows` (b,) of them, in their order."""
        return self._replace(
            encoder=self.encoder[rows], decoder=self.decoder[rows], is_first=self.is_first[rows]
        )

    def scatter(self, rows: Tensor, others: Self) -> None:
        """Write the first b of `others` over `rows` (b,) of them."""
        for mine, part in zip(self, others, strict=True):
            mine[rows] = part[: len(rows)].to(mine.dtype)


class ContextGate(nn.Module):
    """How much of the decoder's last state is taken over into its first one, value by value.

    s_0 = g * s + (1 - g) * b with g = sigmoid(W [b; s] + c), where b is what the bridge makes of
    the source and s the state in which the decoder ended the sentence before: as between two steps
    of a GRU. Whatever the bridge is, s_0 stays between b and s, so that nothing grows from sentence
    to sentence. c starts at -1: at first, more is begun anew than taken over.
    """

    def __init__(self, shape: StateShape) -> None:
        """For decoder states of `shape`."""
        super().__init__()
        size = math.prod(shape)
        self.linear = nn.Linear(2 * size, size)
        nn.init.constant_(self.linear.bias, -1.0)

    def forward(self, begun: Tensor, before: Tensor) -> Tensor:
        """Both b and s, (B, L, P, H), to s_0 of the same shape."""
        both = torch.cat((begun.flatten(1), before.flatten(1)), 1)  # (B, 2 * L * P * H)
        share = torch.sigmoid(self.linear(both)).view_as(begun)
        return torch.lerp(begun, before.to(begun.dtype), share.to(begun.dtype))
