"""Tensors in files: written atomically, and quantised to int8 in a quarter of the space."""

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor

from seq2seq.errors import RunError, TextError
from seq2seq.storage.placing import temporary_beside

SCALE_SUFFIX = ".int8_scale"  # appended to the name of a matrix: the scales of its rows
INT8_MAX = 127  # largest code; -128 is not used, so that codes are symmetric


def save_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: dict[str, str]) -> None:
    """Write `tensors` as safetensors; an earlier file stays until the new one is complete.

    Raises:
        RunError: the file cannot be written: no such folder, no permission, a full disk.
    """
    try:
        with temporary_beside(path) as temporary:
            save_file({n: value.contiguous() for n, value in tensors.items()}, temporary, metadata)
    except TextError as error:
        raise RunError(str(error)) from error
    except (OSError, SafetensorError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or error
        raise RunError(f"{path} could not be written: {reason}") from error


def quantize_rows(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Compute int8 codes (N, K) and scales (N,) of a matrix (N, K), which is codes * scale by row.

    Jacob et al. (2018), https://arxiv.org/abs/1712.05877, symmetric, by row.
    """
    scales = matrix.abs().amax(1).clamp(min=1e-12) / INT8_MAX
    return (matrix / scales.unsqueeze(1)).round().to(torch.int8), scales


def quantize_tensors(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Quantise the matrices of `tensors` to codes and scales; the others stay as they are."""
    quantized: dict[str, Tensor] = {}
    for name, value in tensors.items():
        if value.dim() == 2:
            quantized[name], quantized[name + SCALE_SUFFIX] = quantize_rows(value)
        else:
            quantized[name] = value
    return quantized


def dequantize_tensors(stored: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Dequantise the tensors that `quantize_tensors` quantised; the others stay as they are."""
    tensors = {}
    for name, value in stored.items():
        if name + SCALE_SUFFIX in stored:
            tensors[name] = value.float() * stored[name + SCALE_SUFFIX].unsqueeze(1)
        elif not name.endswith(SCALE_SUFFIX):
            tensors[name] = value
    return tensors
