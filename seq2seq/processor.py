"""What this machine computes in, beside fp32.

What torch and oneDNN tell of it has no public names.
"""

from collections.abc import Callable
from functools import cache

import torch


def onednn() -> bool:
    """Whether torch was built with oneDNN."""
    return bool(torch.backends.mkldnn.is_available())


def computes_bf16() -> bool:
    """Whether oneDNN computes in bf16, however slowly."""
    return onednn() and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def multiplies_bf16() -> bool:
    """Whether there are instructions for products in bf16: AMX, or those of AVX-512.

    With AMX a training step of GRU or LSTM takes half as long as in fp32, with AVX-512's two thirds
    (benchmarks/precision.py); without, oneDNN's LSTM takes hundreds of times as long.
    """
    names = ("_is_amx_tile_supported", "_is_avx512_bf16_supported")
    return computes_bf16() and any(_told(name) for name in names)


@cache
def recurs_bf16() -> bool:
    """Whether the GPU has cuDNN's recurrent kernels in bf16: those of 9.13 on Ampere and later.

    torch uses them from 2.11 on, whose wheels are the first with such a cuDNN.
    """
    version: int | None = torch.backends.cudnn.version()
    return (version or 0) >= 91_300 and torch.cuda.get_device_capability() >= (8, 0)


def vnni() -> bool:
    """Whether four products of eight bits are added in 32 bits at once."""
    return _told("_is_vnni_supported")


def _told(name: str) -> bool:
    there: Callable[[], bool] = getattr(torch.cpu, name, lambda: False)
    return there()
