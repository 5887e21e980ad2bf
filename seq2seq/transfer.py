"""From a processor's memory to a device's."""

import torch
from torch import Tensor


def send(tensor: Tensor, device: torch.device) -> Tensor:
    """`tensor`, which is on the CPU, on `device`: without waiting for it, if that is a GPU of CUDA.

    Only from pinned memory does it fetch what it needs while Python goes on; other devices may read
    what has been freed by then.
    """
    if device.type == "cuda":
        return tensor.pin_memory().to(device, non_blocking=True)
    return tensor.to(device)
