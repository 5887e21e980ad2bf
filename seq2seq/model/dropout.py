"""Dropout over sequences (B, T, N)."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

LEVELS = 256  # dropout rates are multiples of 1/256 on CPUs, where each choice is a random byte


def keep_mask(shape: tuple[int, ...], p: float, like: Tensor) -> tuple[Tensor, float]:
    """Draw a mask of `shape` on the device of `like`, False with probability `p`.

    On CPUs one random number of 64 bits gives eight choices. torch's `bernoulli_` draws one number
    for each choice, and takes four times as long as the rest of dropout.

    Returns:
        The mask, True: keep, and the probability of True: `1 - p`, rounded on CPUs.
    """
    if like.device.type != "cpu":
        return like.new_empty(shape, dtype=torch.bool).bernoulli_(1 - p), 1 - p
    dropped = min(max(round(p * LEVELS), 1), LEVELS - 1)
    count = math.prod(shape)
    # Numbers of 8 bytes; uniform over all 64 bits, since the upper bound None is that of the type.
    numbers = torch.empty(count // 8 + 1, dtype=torch.int64).random_(-(2**63), None)
    return numbers.view(torch.uint8)[:count].view(shape) >= dropped, 1 - dropped / LEVELS


class Dropout(nn.Module):
    """Dropout of a share `p` of the values, variational or for each position.

    Variational dropout (Gal and Ghahramani 2016, https://arxiv.org/abs/1512.05287) drops the same
    values at every position of a sentence or, in truncated backpropagation, of a chunk.
    """

    def __init__(self, p: float, variational: bool) -> None:
        super().__init__()
        self.p, self.variational = p, variational

    def forward(self, x: Tensor) -> Tensor:
        """Return `x` (B, T, N); in training, with values dropped and the others scaled up."""
        if not self.training or self.p == 0:
            return x
        if self.variational:
            mask, probability = keep_mask((x.shape[0], 1, x.shape[2]), self.p, x)
            return x * (mask / probability).to(x.dtype)
        if x.device.type != "cpu":
            return functional.dropout(x, self.p)
        mask, probability = keep_mask(tuple(x.shape), self.p, x)
        return x * mask * (1 / probability)
