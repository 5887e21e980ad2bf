"""From a processor's memory to a device's."""

import torch
from torch import Tensor


def send(tensor: Tensor, device: torch.device) -> Tensor:
    """`tensor`, which is on the CPU, on `device`, without waiting for it.

    Only from pinned memory does a GPU fetch what it needs while Python goes on.
    """
    if device.type == "cpu":
        return tensor
    pinned = tensor.pin_memory() if device.type == "cuda" else tensor
    return pinned.to(device, non_blocking=True)
