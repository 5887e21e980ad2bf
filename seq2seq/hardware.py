"""Devices and precisions that this machine computes in.

The queries of torch and oneDNN for instruction sets are private: they have no public names.
"""

import logging
import sys
from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor

from seq2seq.errors import ConfigError

try:
    import resource
except ImportError:  # Windows has no such module
    resource = None  # type: ignore[assignment]

log = logging.getLogger("seq2seq.hardware")


def has_onednn() -> bool:
    """Return whether torch was built with oneDNN."""
    return bool(torch.backends.mkldnn.is_available())


def onednn_supports_bf16() -> bool:
    """Return whether oneDNN computes in bf16, however slowly."""
    return has_onednn() and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def has_fast_bf16() -> bool:
    """Return whether the CPU has instructions for products in bf16: AMX, or those of AVX-512.

    With AMX a training step of GRU or LSTM takes half as long as in fp32, with AVX-512's two thirds
    (benchmarks/precision.py); without, oneDNN's LSTM takes hundreds of times as long.
    """
    names = ("_is_amx_tile_supported", "_is_avx512_bf16_supported")
    return onednn_supports_bf16() and any(_cpu_flag(name) for name in names)


@cache
def cudnn_has_bf16_rnn() -> bool:
    """Return whether cuDNN has recurrent kernels in bf16 for the GPU: 9.13 on Ampere and later.

    torch uses them from version 2.11 on, the first whose wheels have such a cuDNN.
    """
    version: int | None = torch.backends.cudnn.version()
    return (version or 0) >= 91_300 and torch.cuda.get_device_capability() >= (8, 0)


def has_vnni() -> bool:
    """Return whether the CPU has VNNI, which adds four products of 8 bits in 32 bits at once."""
    return _cpu_flag("_is_vnni_supported")


def _cpu_flag(name: str) -> bool:
    query: Callable[[], bool] = getattr(torch.cpu, name, lambda: False)
    return query()


def to_device(tensor: Tensor, device: torch.device) -> Tensor:
    """Copy `tensor` from the CPU to `device`; to a CUDA GPU without waiting for the copy.

    CUDA copies from pinned memory while Python continues, and torch keeps that memory until the
    copy ends; other devices could read memory that has been freed by then.
    """
    if device.type == "cuda":
        return tensor.pin_memory().to(device, non_blocking=True)
    return tensor.to(device)


def choose_device(name: str) -> torch.device:
    """Return the device called `name`; `auto` is a CUDA GPU that works, else the CPU.

    MPS is used on demand only, with a warning that its recurrences have not been compared with
    those of a CPU.

    Raises:
        ConfigError: this machine has no such device.
    """
    available = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if name == "auto":
        cuda = torch.device("cuda")
        return cuda if available["cuda"] and _works(cuda) else torch.device("cpu")
    if not available[name]:
        raise ConfigError(f"device={name}: this machine has none that torch can use")
    if name == "mps":
        _warn_of_mps()
    return torch.device(name)


@cache
def _warn_of_mps() -> None:
    """Log the warning about MPS, once in a process."""
    log.warning("device=mps: its results have not been compared with those of a CPU")


@cache
def _works(device: torch.device) -> bool:
    """Return whether a step of a small GRU runs on a device: torch may lack kernels for the GPU.

    The random numbers that later code draws stay the same.
    """
    try:
        with torch.random.fork_rng(devices=[]):  # the weights are drawn on the CPU
            cell = torch.nn.GRU(4, 4, batch_first=True)
        cell.to(device)(torch.zeros(2, 3, 4, device=device))[0].sum().backward()
    except (RuntimeError, AssertionError) as error:  # AssertionError: torch built without CUDA
        reason = " ".join(str(error).split())[:100]
        log.warning("device=auto: the CPU, since torch cannot use this %s (%s)", device, reason)
        return False
    return True


def peak_memory() -> int | None:
    """Return the peak memory of this process so far, in MB; None where it is not reported."""
    if resource is None:
        return None
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024  # bytes there, kilobytes elsewhere
    return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) // unit


def choose_precision(name: str, device: torch.device) -> str:
    """Return fp32 or bf16; `auto` is bf16 on GPUs that support it, and on CPUs where it is fast.

    Raises:
        ConfigError: bf16 is asked for on a CPU without it: oneDNN has no LSTM in bf16 there, and
            other cells would take longer than in fp32.
    """
    if name == "bf16" and device.type == "cpu" and not onednn_supports_bf16():
        raise ConfigError("train.precision=bf16: this processor does not compute in bf16")
    if name != "auto":
        return name
    if device.type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp32"
    return "bf16" if device.type == "cpu" and has_fast_bf16() else "fp32"
