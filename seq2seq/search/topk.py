"""The largest of many scores, and what they sum to: most of what a search does itself.

torch's own `argmax` and `topk` look at a vocabulary many times as slowly as `amax` does on CPUs.
"""

import torch
from torch import Tensor

BLOCK = 64  # scores of which the largest stands for all, in a first look


def argmax(scores: Tensor) -> Tensor:
    """Where the largest of `scores` (..., V) is, the first of several: (...)."""
    if scores.device.type != "cpu":
        return scores.argmax(-1)
    return torch.from_numpy(scores.numpy().argmax(-1))


def logsumexp(logits: Tensor) -> Tensor:
    """The logarithm of the sum of exp of `logits` (..., V): (...).

    Of the largest, softmax makes 1 / sum exp(x - largest). It is one operation that stays in the
    cache, where `logsumexp` is several on CPUs, each over all rows.
    """
    if logits.device.type != "cpu":
        return logits.logsumexp(-1)
    place = argmax(logits).unsqueeze(-1)  # (..., 1)
    share = logits.softmax(-1).gather(-1, place)  # (..., 1)
    return (logits.gather(-1, place) - share.log()).squeeze(-1)


def topk_of_rows(scores: Tensor, offsets: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """The largest of all rows together, each row's `scores` being lifted by its offset.

    No more than `count` blocks can have one of them: those whose own largest are largest.

    Args:
        scores: (b, K, V)
        offsets: (b, K), of the type that the sums are to have.
        count: how many are wanted.

    Returns:
        The sums (b, C), the best first, C being `count` or all that there are; and their places
        (b, C), k * V + v. Where K is 1, of a tie for the best the first comes first.
    """
    rows, size = scores.shape[1:]
    whole = size // BLOCK
    starts = torch.arange(rows, device=scores.device) * size  # (K,) where each row begins
    if rows * whole <= 2 * count:
        return _topk((scores + offsets.unsqueeze(-1)).flatten(1), count)
    blocks = scores[..., : whole * BLOCK].unflatten(-1, (whole, BLOCK))
    sums = (blocks.amax(-1) + offsets.unsqueeze(-1)).flatten(1)  # (b, K * W)
    chosen = _topk(sums, count)[1].sort(1).values  # (b, C)
    row, block = chosen // whole, chosen % whole
    sentences = torch.arange(len(scores), device=scores.device).unsqueeze(1)
    near = blocks[sentences, row, block] + offsets.gather(1, row).unsqueeze(-1)  # (b, C, BLOCK)
    within = torch.arange(size, device=scores.device)
    places = (starts[row] + block * BLOCK).unsqueeze(-1) + within[:BLOCK]
    # What is left over at the end of each row is no whole block.
    rest = scores[..., whole * BLOCK :] + offsets.unsqueeze(-1)  # (b, K, r)
    left = (starts.unsqueeze(1) + within[whole * BLOCK :]).flatten().expand(len(scores), -1)
    values, found = _topk(torch.cat((near.flatten(1), rest.flatten(1)), 1), count)
    return values, torch.cat((places.flatten(1), left), 1).gather(1, found)


def _topk(scores: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """The largest of `scores` (b, N), the best first, and where they are; of the best the first."""
    first = argmax(scores).unsqueeze(1)  # `topk` takes any of a tie
    lifted = scores.scatter(1, first, torch.inf)
    chosen = lifted.topk(min(count, scores.shape[1]), 1).indices  # (b, C), `first` at the head
    return scores.gather(1, chosen), chosen
