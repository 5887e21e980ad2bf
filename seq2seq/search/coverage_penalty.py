"""Coverage penalty of beam search."""

from typing import Protocol, Self, runtime_checkable

import torch
from torch import Tensor

LEAST_COVERAGE = 1e-10  # of a token that no weight is on, so that its logarithm is finite


@runtime_checkable
class CoverageState(Protocol):
    """Decoder state that can sum attention weights."""

    def track_coverage(self) -> Self:
        """Return the state before the first step, which sums the weights from then on."""
        ...

    def coverage(self) -> tuple[Tensor, Tensor]:
        """Return the sums of attention weights (B, K, S), and a mask (B, S), False at padding."""
        ...


def coverage_penalty(coverage: Tensor, mask: Tensor, beta: float) -> Tensor:
    """Return what is added to the score of hypotheses for source tokens that got little attention.

    Wu et al. (2016), equation 14: beta * sum_i log(min(sum_j p_ij, 1)), over source tokens i and
    target tokens j. https://arxiv.org/abs/1609.08144

    Args:
        coverage: (B, K, S) sum_j p_ij, the sums of attention weights.
        mask: (B, S) bool, False at padding, which is left out.
        beta: 0: no penalty.

    Returns:
        (B, K) of the dtype of `coverage`, 0 where each source token got a whole target token.

    Raises:
        ValueError: `beta` is negative, which would favour hypotheses that leave tokens out.
    """
    if beta < 0:
        raise ValueError(f"the coverage penalty beta must be 0 or more, not {beta}")
    logs = coverage.clamp(LEAST_COVERAGE, 1.0).log()  # (B, K, S)
    return beta * torch.where(mask.unsqueeze(1), logs, 0.0).sum(-1)
