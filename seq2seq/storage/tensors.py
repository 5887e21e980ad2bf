"""Tensors to a file and never half of them; and in a quarter of the space."""

import os
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor

from seq2seq.errors import RunError

SCALE_SUFFIX = ".int8_scale"  # added to a matrix' name, names the scales of its rows
INT8_MAX = 127  # code of int8; -128 is not used, so that signs are alike


def save_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: dict[str, str]) -> None:
    """Write `tensors` aside, then move them into place; until then whatever was there stays.

    Raises:
        RunError: they cannot be written, the disk being full for example.
    """
    aside = path.with_suffix(".tmp")
    try:
        aside.touch()
        rights = aside.stat().st_mode  # as other files have them; safetensors lets only us read it
        save_file({n: value.contiguous() for n, value in tensors.items()}, aside, metadata)
        aside.chmod(rights)
        with aside.open("rb+") as file:
            os.fsync(file.fileno())
        aside.replace(path)
    except (OSError, SafetensorError) as error:
        aside.unlink(missing_ok=True)
        raise RunError(f"{path} could not be written: {error}") from error


def quantize_rows(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """A matrix (N, K) as int8 codes (N, K) and one scale for each row (N,): codes * scale.

    Jacob et al. (2018), https://arxiv.org/abs/1712.05877, symmetric, by row.
    """
    scales = matrix.abs().amax(1).clamp(min=1e-12) / INT8_MAX
    return (matrix / scales.unsqueeze(1)).round().to(torch.int8), scales


def quantize_tensors(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """`tensors`, of which the matrices are stored as codes and scales, and the others in fp32."""
    found: dict[str, Tensor] = {}
    for name, value in tensors.items():
        if value.dim() == 2:
            found[name], found[name + SCALE_SUFFIX] = quantize_rows(value)
        else:
            found[name] = value
    return found


def dequantize_tensors(stored: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """What `quantised` was given, but for rounding; tensors that are no codes come back as is."""
    found = {}
    for name, value in stored.items():
        if name + SCALE_SUFFIX in stored:
            found[name] = value.float() * stored[name + SCALE_SUFFIX].unsqueeze(1)
        elif not name.endswith(SCALE_SUFFIX):
            found[name] = value
    return found
