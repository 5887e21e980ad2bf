"""Dropout over sequences (B, T, N)."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

LEVELS = 256  # shares are rounded to as many on CPUs, where a choice costs one random byte


def keep_mask(shape: tuple[int, ...], p: float, like: Tensor) -> tuple[Tensor, float]:
    """Which of the values of `shape` stay when a share `p` is dropped, on the device of `like`.

    On CPUs eight choices are made from one random number of 64 bits: torch's own `bernoulli_`
    makes one from each, and takes four times as long as all else that dropout does.

    Returns:
        A bool tensor, and the share that is really kept: `1 - p`, rounded on CPUs.
    """
    if like.device.type != "cpu":
        return like.new_empty(shape, dtype=torch.bool).bernoulli_(1 - p), 1 - p
    dropped = min(max(round(p * LEVELS), 1), LEVELS - 1)
    count = math.prod(shape)
    numbers = torch.empty(count // 8 + 1, dtype=torch.int64).random_(-(2**63), None)
    return numbers.view(torch.uint8)[:count].view(shape) >= dropped, 1 - dropped / LEVELS


class Dropout(nn.Module):
    """Zero a share `p` of the values in training, and scale up the others to make up for it.

    Variational (Gal and Ghahramani 2016, https://arxiv.org/abs/1512.05287): the same values are
    dropped at every position of a sentence; where its gradient is cut into chunks (train.bptt), of
    a chunk.
    """

    def __init__(self, p: float, variational: bool) -> None:
        super().__init__()
        self.p, self.variational = p, variational

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, N) to the same shape."""
        if not self.training or self.p == 0:
            return x
        if self.variational:
            mask, share = keep_mask((x.shape[0], 1, x.shape[2]), self.p, x)
            return x * (mask / share).to(x.dtype)
        if x.device.type != "cpu":
            return functional.dropout(x, self.p)
        mask, share = keep_mask(tuple(x.shape), self.p, x)
        return x * mask * (1 / share)
