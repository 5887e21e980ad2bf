"""Optimizers of torch with fused kernels."""

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
    """Create AdamW, Loshchilov and Hutter (2019), https://arxiv.org/abs/1711.05101, fused."""
    return torch.optim.AdamW(
        parameters,
        lr,
        (float(betas[0]), float(betas[1])),  # torch requires one type for both
        eps=eps,
        weight_decay=weight_decay,
        fused=True,
    )


def sgd(parameters: Iterable[nn.Parameter], lr: float, momentum: float) -> torch.optim.Optimizer:
    """Create stochastic gradient descent with heavy-ball momentum, fused."""
    return torch.optim.SGD(parameters, lr, momentum, fused=True)
