"""Cross-entropy with label smoothing, fused with the output layer, without storing the logits.

Padding never reaches it: `collate` in `seq2seq.data.batches` leaves it out of the labels.

R-Drop adds the divergence between predictions for the same text under two dropout masks (Liang et
al. 2021, https://arxiv.org/abs/2106.14448).
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.nn import functional

# Number of logits computed at a time: they fit into the cache of a CPU, and keep a GPU busy.
CHUNK_LOGITS, CHUNK_LOGITS_GPU = 2**20, 2**26
ROWS = 64  # chunks have a multiple of this many rows: oneDNN caches megabytes for each new shape


class _OutputCrossEntropy(Function):
    """Output layer and loss in one: the gradient of a chunk of logits is computed with its loss.

    The logits (N, V) are the largest tensor of a step; here they exist one chunk at a time, and
    are read and written half as often as by autograd through torch's `cross_entropy`.
    """

    @staticmethod
    def forward(
        ctx: Any,
        features: Tensor,
        weight: Tensor,
        bias: Tensor,
        labels: Tensor,
        smoothing: float,
        consistency: float,
    ) -> tuple[Tensor, Tensor]:
        vocab_size, copies = len(weight), 2 if consistency else 1
        loss = features.new_zeros((), dtype=torch.float32)
        exact = torch.zeros_like(loss)
        grad_features = torch.empty_like(features)
        grad_weight = torch.zeros_like(weight)
        grad_bias = torch.zeros_like(bias)
        chunk = CHUNK_LOGITS if features.device.type == "cpu" else CHUNK_LOGITS_GPU
        rows = max(1, chunk // vocab_size // ROWS) * ROWS // copies
        # A chunk holds all copies of its positions.
        shape = (copies, len(features) // copies)
        stacked_features, stacked_labels = features.unflatten(0, shape), labels.unflatten(0, shape)
        gradients = grad_features.unflatten(0, shape)
        for start in range(0, shape[1], rows):
            part = slice(start, start + rows)
            inputs = stacked_features[:, part].flatten(0, 1)  # (n, E)
            indices = stacked_labels[:, part].reshape(-1, 1)  # (n, 1)
            count = len(inputs)  # n
            if padding := -count % ROWS:
                inputs = functional.pad(inputs, (0, 0, 0, padding))  # (n + padding, E)
            log_p = torch.addmm(bias, inputs, weight.t())[:count].float().log_softmax(-1)  # (n, V)
            label_log_p = log_p.gather(1, indices)  # (n, 1)
            exact -= label_log_p.sum()
            loss -= (1 - smoothing) * label_log_p.sum() + smoothing / vocab_size * log_p.sum()
            kl_grad: Tensor | None = None
            if consistency:
                divergence, kl_grad = symmetric_kl(log_p, consistency)
                loss += divergence
            # d loss / d logits = p - (1 - smoothing) * one-hot - smoothing / V
            grad = log_p.exp_().sub_(smoothing / vocab_size)
            grad.scatter_add_(1, indices, torch.full_like(label_log_p, smoothing - 1))
            if kl_grad is not None:
                grad += kl_grad
            grad = functional.pad(grad.to(features.dtype), (0, 0, 0, padding))  # (n + padding, V)
            gradients[:, part] = (grad @ weight)[:count].unflatten(0, (copies, -1))
            grad_weight.addmm_(grad.t(), inputs)
            grad_bias += grad.sum(0)
        ctx.save_for_backward(grad_features, grad_weight, grad_bias)
        ctx.mark_non_differentiable(exact)
        return loss, exact

    @staticmethod
    def backward(ctx: Any, scale: Tensor, _: Tensor) -> tuple[Tensor | None, ...]:
        return (*(g * scale.to(g.dtype) for g in ctx.saved_tensors), None, None, None)


def symmetric_kl(log_p: Tensor, consistency: float) -> tuple[Tensor, Tensor]:
    """Compute the symmetric KL divergence between the two halves of `log_p` (2 n, V).

    Args:
        log_p: (2 n, V) log-probabilities of n positions, and of the same positions again.
        consistency: weight of the divergence.

    Returns:
        Half of `consistency` times KL(p|q) + KL(q|p), summed over the n positions, in nats; and its
        gradient (2 n, V) with respect to the logits.
    """
    p, q = log_p.exp().chunk(2)  # (n, V)
    first, second = log_p.chunk(2)
    ratio = first - second
    forward_kl, minus_reverse_kl = ((x * ratio).sum(1, keepdim=True) for x in (p, q))  # (n, 1)
    # d KL(p|q) / d logits of p = p (ratio - KL(p|q)), and d KL(q|p) / d logits of p = p - q
    grad = torch.cat((p * (ratio - forward_kl) + p - q, q * (minus_reverse_kl - ratio) + q - p))
    return consistency / 2 * (forward_kl - minus_reverse_kl).sum(), grad.mul_(consistency / 2)


def cross_entropy(
    features: Tensor,
    weight: Tensor,
    bias: Tensor,
    labels: Tensor,
    smoothing: float,
    consistency: float = 0.0,
) -> tuple[Tensor, Tensor]:
    """Compute the cross-entropy of `features @ weight.T + bias`, summed over positions.

    Args:
        features: (N, E) features of the positions with a label: `collate` of `seq2seq.data.batches`
            leaves padding out.
        weight: (V, E) weights of the output layer.
        bias: (V,) bias of the output layer.
        labels: (N,) tokens or classes to predict.
        smoothing: share of the probability that is spread evenly over all V tokens, Szegedy et al.
            (2016), section 7, https://arxiv.org/abs/1512.00567
        consistency: weight of the symmetric KL divergence, alpha of Liang et al. (2021), equation
            3, https://arxiv.org/abs/2106.14448. Above 0, `features` and `labels` hold all positions
            and then the same positions again.

    Returns:
        The smoothed loss, in nats, to be minimised; and the plain cross-entropy, in nats, without
        a gradient: perplexity is the exponential of its mean.
    """
    if torch.is_autocast_enabled(features.device.type):
        kind = torch.get_autocast_dtype(features.device.type)
        features, weight, bias = features.to(kind), weight.to(kind), bias.to(kind)
    with torch.autocast(features.device.type, enabled=False):
        apply: Callable[..., tuple[Tensor, Tensor]] = _OutputCrossEntropy.apply
        smoothed, exact = apply(features, weight, bias, labels, smoothing, consistency)
    return smoothed, exact
