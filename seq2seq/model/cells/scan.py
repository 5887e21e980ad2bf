"""Scans of linear recurrences h_t = a_t * h_{t-1} + b_t, with gradients.

There are two forms with equal results: a loop over time with one kernel for each step, and a
parallel scan that doubles its range in each of log2(T) rounds (Hillis and Steele 1986,
https://doi.org/10.1145/7902.7903). The loop does T times H multiplications, and is the fastest on
CPUs; the scan does log2(T) times as many, but all of a round at once, which suits GPUs.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

SEQUENTIAL_LENGTH = 16  # positions up to which the loop is faster on GPUs too


def sequential_scan(a: Tensor, b: Tensor, first: Tensor) -> Tensor:
    """Return all h (B, T, H) from a and b (B, T, H) and h_0 (B, H), by a loop over positions."""
    h = torch.empty_like(b)
    last = first
    for t in range(b.shape[1]):
        last = torch.addcmul(b[:, t], a[:, t], last, out=h[:, t])
    return h


def parallel_scan(a: Tensor, b: Tensor, first: Tensor) -> Tensor:
    """Compute `sequential_scan` in log2(T) rounds: after round n, h_t covers 2^n positions."""
    b = torch.cat((torch.addcmul(b[:, :1], a[:, :1], first.unsqueeze(1)), b[:, 1:]), 1)
    reach = 1
    while reach < b.shape[1]:
        b = torch.cat((b[:, :reach], torch.addcmul(b[:, reach:], a[:, reach:], b[:, :-reach])), 1)
        a = torch.cat((a[:, :reach], a[:, reach:] * a[:, :-reach]), 1)
        reach *= 2
    return b


def fastest_scan(like: Tensor) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """Return the fastest form for tensors (B, T, H) such as `like`."""
    return (
        sequential_scan
        if like.device.type == "cpu" or like.shape[1] <= SEQUENTIAL_LENGTH
        else parallel_scan
    )


class _Scan(Function):
    """Scan whose gradients are the same recurrence, from the last position to the first.

    With g_t the total gradient of h_t, including that of later positions,
    g_t = dh_t + a_{t+1} * g_{t+1}; then db = g, da_t = g_t * h_{t-1}, and dh_0 = a_1 * g_1. If
    complex, a and h are conjugated.
    """

    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor, first: Tensor) -> Tensor:
        h = fastest_scan(b)(a, b, first)
        ctx.save_for_backward(a, h, first)
        return h

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        a, h, first = ctx.saved_tensors
        a = a.conj()
        next_a = torch.cat((a[:, 1:], torch.zeros_like(a[:, :1])), 1).flip(1)  # a_{t+1}
        g = fastest_scan(grad)(next_a, grad.flip(1), torch.zeros_like(first)).flip(1)
        previous_h = torch.cat((first.unsqueeze(1), h[:, :-1]), 1)  # h_{t-1}
        return g * previous_h.conj(), g, a[:, 0] * g[:, 0]


def scan(a: Tensor, b: Tensor, first: Tensor) -> Tensor:
    """Return h_t = a_t * h_{t-1} + b_t for all t, with gradients.

    Args:
        a: (B, T, H) factors, real or complex.
        b: (B, T, H) summands.
        first: (B, H) h_0.

    Returns:
        (B, T, H) h_1 to h_T.
    """
    apply: Callable[..., Tensor] = _Scan.apply
    return apply(a, b, first)
