"""The largest of many scores, which is most of what a search does beside asking the model.

torch's own `argmax` and `topk` look at a vocabulary many times as slowly as `amax` does on CPUs.
"""

import torch
from torch import Tensor

BLOCK = 64  # scores of which the largest stands for all, in a first look


def largest(scores: Tensor) -> Tensor:
    """Where the largest of `scores` (..., V) is, the first of several: (...)."""
    if scores.device.type != "cpu":
        return scores.argmax(-1)
    return torch.from_numpy(scores.numpy().argmax(-1))


def top(scores: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """The `count` largest of `scores` (..., V), fewer if there are not as many, and their places.

    No more than `count` blocks can have one of them: those whose own largest are largest.
    """
    size = scores.shape[-1]
    count, whole = min(count, size), size // BLOCK
    if scores.device.type != "cpu" or whole <= 2 * count:
        return scores.topk(count, -1)
    blocks = scores[..., : whole * BLOCK].unflatten(-1, (whole, BLOCK))
    chosen = blocks.amax(-1).topk(count, -1, sorted=False).indices  # (..., C)
    rows = chosen.unsqueeze(-1).expand(*chosen.shape, BLOCK)
    rest = scores[..., whole * BLOCK :]
    near = torch.cat((blocks.gather(-2, rows).flatten(-2), rest), -1)  # (..., C * BLOCK + r)
    starts = torch.arange(BLOCK) + chosen.unsqueeze(-1) * BLOCK  # (..., C, BLOCK)
    ends = torch.arange(whole * BLOCK, size).expand_as(rest)
    values, place = near.topk(count, -1)
    return values, torch.cat((starts.flatten(-2), ends), -1).gather(-1, place)
