"""Features of images that another program has computed."""

from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

from seq2seq.errors import TextError


def read_features(file: Path) -> Any:
    """Read an array (N, F), or (N, S, F) for a grid of S positions for each image.

    Raises:
        TextError: the file is no .npy or .safetensors file with one such array of numbers.
    """
    try:
        if file.suffix == ".safetensors":
            arrays = load_file(file)
            if len(arrays) != 1:
                raise TextError(f"{file} has {len(arrays)} arrays: one is needed")
            array = next(iter(arrays.values()))
        else:
            array = np.load(file, mmap_mode="r", allow_pickle=False)
    except (OSError, EOFError, ValueError, TypeError, SafetensorError) as error:
        raise TextError(f"{file} cannot be read: {error}") from None
    if not isinstance(array, np.ndarray) or array.ndim not in (2, 3) or array.dtype.kind != "f":
        shape = getattr(array, "shape", ())
        raise TextError(f"{file} must be of numbers (N, F) or (N, S, F), not of shape {shape}")
    return array
