"""Optimisers of torch, with the arguments that are ours to choose."""

from collections.abc import Iterable

import torch
from torch import nn


def adamw(
    parameters: Iterable[nn.Parameter],
    lr: float,
    betas: tuple[float, float],
    eps: float,
    weight_decay: float,
) -> torch.optim.Optimizer:
    """AdamW, Loshchilov and Hutter (2019), https://arxiv.org/abs/1711.05101, in one kernel."""
    return torch.optim.AdamW(
        parameters, lr, (betas[0], betas[1]), eps=eps, weight_decay=weight_decay, fused=True
    )


def sgd(parameters: Iterable[nn.Parameter], lr: float, momentum: float) -> torch.optim.Optimizer:
    """Stochastic gradient descent with (heavy-ball) momentum, in one kernel."""
    return torch.optim.SGD(parameters, lr, momentum, fused=True)
