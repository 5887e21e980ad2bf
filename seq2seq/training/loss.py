"""Cross-entropy with label smoothing, fused with the output layer, without keeping the logits.

With R-Drop too: the predictions for the same text under two dropout masks are pulled together
( Liang et al. 2021, https://arxiv.org/abs/2106.14448).
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.nn import functional

# Logits computed at a time: what stays in a processor's cache, and what keeps a GPU busy.
CHUNK_LOGITS, CHUNK_LOGITS_GPU = 2**20, 2**26
ROWS = 64  # chunks hold a multiple of it: oneDNN keeps megabytes for every shape that it has seen


class _OutputCrossEntropy(Function):
    """The output layer and the loss in one: each chunk's gradient is made while it is there.

    The logits (N, V) are the largest tensor of a step; here they exist one chunk at a time, and
    are read and written half as often as by autograd through `cross_entropy`.
    """

    @staticmethod
    def forward(
        ctx: Any,
        features: Tensor,
        weight: Tensor,
        bias: Tensor,
        target: Tensor,
        smoothing: float,
        consistency: float,
    ) -> tuple[Tensor, Tensor]:
        pieces, copies = len(weight), 2 if consistency else 1
        loss = features.new_zeros((), dtype=torch.float32)
        exact = torch.zeros_like(loss)
        by_features = torch.empty_like(features)
        by_weight = torch.zeros_like(weight)
        by_bias = torch.zeros_like(bias)
        chunk = CHUNK_LOGITS if features.device.type == "cpu" else CHUNK_LOGITS_GPU
        rows = max(1, chunk // pieces // ROWS) * ROWS // copies
        # A position's copies are in one chunk.
        shape = (copies, len(features) // copies)
        sources, targets = features.unflatten(0, shape), target.unflatten(0, shape)
        gradients = by_features.unflatten(0, shape)
        for start in range(0, shape[1], rows):
            part = slice(start, start + rows)
            read, right = sources[:, part].flatten(0, 1), targets[:, part].reshape(-1, 1)  # (n, E)
            count = len(read)
            if missing := -count % ROWS:
                read = functional.pad(read, (0, 0, 0, missing))  # (N, E)
            log_p = torch.addmm(bias, read, weight.t())[:count].float().log_softmax(-1)  # (n, V)
            picked = log_p.gather(1, right)  # (n, 1)
            exact -= picked.sum()
            loss -= (1 - smoothing) * picked.sum() + smoothing / pieces * log_p.sum()
            pull: Tensor | None = None
            if consistency:
                apart, pull = symmetric_kl(log_p, consistency)
                loss += apart
            # d loss / d logits = p - (1 - smoothing) * one-hot - smoothing / V
            grad = log_p.exp_().sub_(smoothing / pieces)
            grad.scatter_add_(1, right, torch.full_like(picked, smoothing - 1))
            if pull is not None:
                grad += pull
            grad = functional.pad(grad.to(features.dtype), (0, 0, 0, missing))  # (N, V)
            gradients[:, part] = (grad @ weight)[:count].unflatten(0, (copies, -1))
            by_weight.addmm_(grad.t(), read)
            by_bias += grad.sum(0)
        ctx.save_for_backward(by_features, by_weight, by_bias)
        ctx.mark_non_differentiable(exact)
        return loss, exact

    @staticmethod
    def backward(ctx: Any, scale: Tensor, _: Tensor) -> tuple[Tensor | None, ...]:
        return (*(g * scale.to(g.dtype) for g in ctx.saved_tensors), None, None, None)


def symmetric_kl(log_p: Tensor, consistency: float) -> tuple[Tensor, Tensor]:
    """Compute the symmetric KL divergence between the two halves of `log_p` (2 n, V).

    Returns:
        half of `consistency` times the Kullback-Leibler divergences both ways, summed; and its
        gradient (2 n, V) by the logits.
    """
    p, q = log_p.exp().chunk(2)  # (n, V)
    first, second = log_p.chunk(2)
    ratio = first - second
    forth, back = ((x * ratio).sum(1, keepdim=True) for x in (p, q))  # (n, 1): KL(p|q), -KL(q|p)
    # d KL(p|q) / d logits of p = p (ratio - KL(p|q)), and d KL(q|p) / d logits of p = p - q
    pull = torch.cat((p * (ratio - forth) + p - q, q * (back - ratio) + q - p))
    return consistency / 2 * (forth - back).sum(), pull.mul_(consistency / 2)


def cross_entropy(
    features: Tensor,
    weight: Tensor,
    bias: Tensor,
    target: Tensor,
    smoothing: float,
    consistency: float = 0.0,
) -> tuple[Tensor, Tensor]:
    """Cross-entropy of the output layer `features @ weight.T + bias`, summed over tokens.

    Args:
        features: (N, E) of the positions that have a label: `collate` of `seq2seq.data.batches`
            leaves padding out.
        weight: (V, E) of the output layer.
        bias: (V,)
        target: (N,) the labels.
        smoothing: the share of the probability spread evenly over all V pieces, Szegedy et al.
            (2016), section 7, https://arxiv.org/abs/1512.00567
        consistency: above 0, the positions are there twice, first all of them and then all again,
            and this is the weight of their symmetric KL divergence: alpha of Liang et al. (2021),
            equation 3, https://arxiv.org/abs/2106.14448

    Returns:
        The smoothed loss, in nats, to be minimised; and the plain cross-entropy, in nats, without
        a gradient: perplexity is the exponential of its mean.
    """
    if torch.is_autocast_enabled(features.device.type):
        kind = torch.get_autocast_dtype(features.device.type)
        features, weight, bias = features.to(kind), weight.to(kind), bias.to(kind)
    with torch.autocast(features.device.type, enabled=False):
        apply: Callable[..., tuple[Tensor, Tensor]] = _OutputCrossEntropy.apply
        smoothed, exact = apply(features, weight, bias, target, smoothing, consistency)
    return smoothed, exact
