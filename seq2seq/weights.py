"""Tensors to a file and never half of them."""

import os
from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor

from seq2seq.errors import RunError


def save_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: dict[str, str]) -> None:
    """Write `tensors` aside, then move them into place; until then whatever was there stays.

    Raises:
        RunError: they cannot be written, the disk being full for example.
    """
    aside = path.with_suffix(".tmp")
    try:
        save_file({n: value.contiguous() for n, value in tensors.items()}, aside, metadata)
        with aside.open("rb+") as file:
            os.fsync(file.fileno())
        aside.replace(path)
    except (OSError, SafetensorError) as error:
        aside.unlink(missing_ok=True)
        raise RunError(f"{path} could not be written: {error}") from error
