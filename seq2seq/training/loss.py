"""Cross-entropy with label smoothing, from features to a number, without keeping the logits."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.nn import functional

# Logits computed at a time: what stays in a processor's cache, and what keeps a GPU busy.
CHUNK, CHUNK_GPU = 2**20, 2**26
ROWS = 64  # chunks hold a multiple of it: oneDNN keeps megabytes for every shape that it has seen


class _Loss(Function):
    """The output layer and the loss in one: each chunk's gradient is made while it is there.

    The logits (N, V) are the largest tensor of a step; here they exist one chunk at a time, and
    are read and written half as often as by autograd through `cross_entropy`.
    """

    @staticmethod
    def forward(
        ctx: Any, features: Tensor, weight: Tensor, bias: Tensor, target: Tensor, smoothing: float
    ) -> tuple[Tensor, Tensor]:
        pieces = len(weight)
        loss = features.new_zeros((), dtype=torch.float32)
        exact = torch.zeros_like(loss)
        by_features = torch.empty_like(features)
        by_weight = torch.zeros_like(weight)
        by_bias = torch.zeros_like(bias)
        chunk = CHUNK if features.device.type == "cpu" else CHUNK_GPU
        rows = max(1, chunk // pieces // ROWS) * ROWS
        for start in range(0, len(features), rows):
            part = slice(start, start + rows)
            read, right = features[part], target[part].unsqueeze(1)  # (n, E), (n, 1)
            count = len(read)
            if missing := -count % ROWS:
                read = functional.pad(read, (0, 0, 0, missing))  # (N, E)
            log_p = torch.addmm(bias, read, weight.t())[:count].float().log_softmax(-1)  # (n, V)
            picked = log_p.gather(1, right)  # (n, 1)
            exact -= picked.sum()
            loss -= (1 - smoothing) * picked.sum() + smoothing / pieces * log_p.sum()
            # d loss / d logits = p - (1 - smoothing) * one-hot - smoothing / V
            grad = log_p.exp_().sub_(smoothing / pieces)
            grad.scatter_add_(1, right, torch.full_like(picked, smoothing - 1))
            grad = functional.pad(grad.to(features.dtype), (0, 0, 0, missing))  # (N, V)
            by_features[part] = (grad @ weight)[:count]
            by_weight.addmm_(grad.t(), read)
            by_bias += grad.sum(0)
        ctx.save_for_backward(by_features, by_weight, by_bias)
        ctx.mark_non_differentiable(exact)
        return loss, exact

    @staticmethod
    def backward(ctx: Any, scale: Tensor, _: Tensor) -> tuple[Tensor | None, ...]:
        return (*(g * scale.to(g.dtype) for g in ctx.saved_tensors), None, None)


def loss(
    features: Tensor, weight: Tensor, bias: Tensor, target: Tensor, smoothing: float
) -> tuple[Tensor, Tensor]:
    """Cross-entropy of the output layer `features @ weight.T + bias`, summed over tokens.

    Args:
        features: (N, E) of real positions only.
        weight: (V, E) of the output layer.
        bias: (V,)
        target: (N,) the right pieces.
        smoothing: the share of the probability spread evenly over all V pieces, Szegedy et al.
            (2016), section 7, https://arxiv.org/abs/1512.00567

    Returns:
        The smoothed loss, in nats, to be minimised; and the plain cross-entropy, in nats, without
        a gradient: perplexity is the exponential of its mean.
    """
    if torch.is_autocast_enabled(features.device.type):
        kind = torch.get_autocast_dtype(features.device.type)
        features, weight, bias = features.to(kind), weight.to(kind), bias.to(kind)
    with torch.autocast(features.device.type, enabled=False):
        apply: Callable[..., tuple[Tensor, Tensor]] = _Loss.apply
        smoothed, exact = apply(features, weight, bias, target, smoothing)
    return smoothed, exact
