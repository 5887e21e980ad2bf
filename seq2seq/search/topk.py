"""Fast argmax, logsumexp and top-k over a vocabulary, which take most of the time of a search.

On CPUs torch's own `argmax` and `topk` take many times as long over a vocabulary as `amax` does.
"""

import torch
from torch import Tensor

# Scores in a block; the top-k looks at the maxima of blocks first. A power of two near the square
# root of a vocabulary of some thousand tokens, so that maxima and candidates are about as many.
BLOCK = 64


def argmax(scores: Tensor) -> Tensor:
    """Return the index (...) of the largest of `scores` (..., V), the first if several tie."""
    if scores.device.type != "cpu":
        return scores.argmax(-1)
    return torch.from_numpy(scores.numpy().argmax(-1))


def logsumexp(logits: Tensor) -> Tensor:
    """Return the logarithm (...) of the sum of exp over `logits` (..., V).

    On CPUs it is computed by softmax, whose largest value is 1 / sum exp(x - max x): one operation
    that stays in the cache, where torch's `logsumexp` is several, each over all rows.
    """
    if logits.device.type != "cpu":
        return logits.logsumexp(-1)
    index = argmax(logits).unsqueeze(-1)  # (..., 1)
    share = logits.softmax(-1).gather(-1, index)  # (..., 1)
    return (logits.gather(-1, index) - share.log()).squeeze(-1)


def topk_of_rows(scores: Tensor, offsets: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Return the top k over all rows of a sentence, after each row's offset is added.

    The top k lie in at most k blocks, and these are the k blocks with the largest maxima.

    Args:
        scores: (b, K, V)
        offsets: (b, K), of the type that the sums are to have.
        count: k.

    Returns:
        The sums (b, C), the best first, C being `count` or K * V if that is less; and their
        indices (b, C), k * V + v. Where K is 1 and several tie for the best, the first leads.
    """
    rows, size = scores.shape[1:]
    num_blocks = size // BLOCK  # W, of each row
    if rows * num_blocks <= 2 * count:
        return _topk((scores + offsets.unsqueeze(-1)).flatten(1), count)
    # (1) The blocks with the largest maxima.
    blocks = scores[..., : num_blocks * BLOCK].unflatten(-1, (num_blocks, BLOCK))  # (b, K, W, 64)
    maxima = (blocks.amax(-1) + offsets.unsqueeze(-1)).flatten(1)  # (b, K * W)
    chosen = _topk(maxima, count)[1].sort(1).values  # (b, C)
    row, block = chosen // num_blocks, chosen % num_blocks
    # (2) All scores of these blocks, and their indices.
    sentences = torch.arange(len(scores), device=scores.device).unsqueeze(1)
    sums = blocks[sentences, row, block] + offsets.gather(1, row).unsqueeze(-1)  # (b, C, 64)
    row_starts = torch.arange(rows, device=scores.device) * size  # (K,)
    columns = torch.arange(size, device=scores.device)  # (V,)
    indices = (row_starts[row] + block * BLOCK).unsqueeze(-1) + columns[:BLOCK]  # (b, C, 64)
    # (3) The remainder at the end of each row, which does not fill a block.
    rest = scores[..., num_blocks * BLOCK :] + offsets.unsqueeze(-1)  # (b, K, r)
    rest_indices = (row_starts.unsqueeze(1) + columns[num_blocks * BLOCK :]).flatten()  # (K * r,)
    # (4) The top k of these candidates.
    candidates = torch.cat((sums.flatten(1), rest.flatten(1)), 1)
    candidate_indices = torch.cat((indices.flatten(1), rest_indices.expand(len(scores), -1)), 1)
    values, best = _topk(candidates, count)
    return values, candidate_indices.gather(1, best)


def _topk(scores: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Return the largest of `scores` (b, N), the best first, and their indices.

    If several tie for the best, the first leads; `torch.topk` takes any of them.
    """
    first = argmax(scores).unsqueeze(1)  # (b, 1)
    raised = scores.scatter(1, first, torch.inf)
    indices = raised.topk(min(count, scores.shape[1]), 1).indices  # (b, C), led by `first`
    return scores.gather(1, indices), indices
