"""Linear recurrences h_t = a_t * h_{t-1} + b_t over whole sequences, forwards and backwards.

All forms give the same numbers: a loop over time, whose steps are one kernel each, and a scan that
doubles how far it has seen at each of log2(T) rounds (Hillis and Steele 1986,
https://doi.org/10.1145/7902.7903). The loop does T times H multiplications, and is what a processor
is quickest with; the scan does log2(T) times as many, all at once, as GPUs like it.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

SEQUENTIAL_LENGTH = 16  # positions up to which the loop is quicker on GPUs too


def sequential_scan(a: Tensor, b: Tensor, first: Tensor) -> Tensor:
    """All h (B, T, H) from a and b (B, T, H) and h_0 (B, H), one position after the other."""
    h = torch.empty_like(b)
    last = first
    for t in range(b.shape[1]):
        last = torch.addcmul(b[:, t], a[:, t], last, out=h[:, t])
    return h


def parallel_scan(a: Tensor, b: Tensor, first: Tensor) -> Tensor:
    """As `loop`, in log2(T) rounds: after round n, each position knows the 2^n before it."""
    b = torch.cat((torch.addcmul(b[:, :1], a[:, :1], first.unsqueeze(1)), b[:, 1:]), 1)
    reach = 1
    while reach < b.shape[1]:
        b = torch.cat((b[:, :reach], torch.addcmul(b[:, reach:], a[:, reach:], b[:, :-reach])), 1)
        a = torch.cat((a[:, :reach], a[:, reach:] * a[:, :-reach]), 1)
        reach *= 2
    return b


def fastest_scan(like: Tensor) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """The quickest form for tensors (B, T, H) such as `like`."""
    return (
        sequential_scan
        if like.device.type == "cpu" or like.shape[1] <= SEQUENTIAL_LENGTH
        else parallel_scan
    )


class _Scan(Function):
    """The gradients are the same recurrence, from the last position to the first.

    With g_t the gradient of h_t by all that comes after, g_t = dh_t + a_{t+1} * g_{t+1}; then
    db = g, da_t = g_t * h_{t-1}, and dh_0 = a_1 * g_1 (conjugates, where numbers are complex).
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
        kept = a.conj()
        behind = torch.cat((kept[:, 1:], torch.zeros_like(kept[:, :1])), 1).flip(1)  # a_{t+1}
        g = fastest_scan(grad)(behind, grad.flip(1), torch.zeros_like(first)).flip(1)
        before = torch.cat((first.unsqueeze(1), h[:, :-1]), 1)
        return g * before.conj(), g, kept[:, 0] * g[:, 0]


def scan(a: Tensor, b: Tensor, first: Tensor) -> Tensor:
    """h_t = a_t * h_{t-1} + b_t for all t, with gradients.

    Args:
        a: (B, T, H) what is kept, real or complex.
        b: (B, T, H) what is added.
        first: (B, H) h_0.

    Returns:
        (B, T, H) from h_1 on.
    """
    apply: Callable[..., Tensor] = _Scan.apply
    return apply(a, b, first)
