"""Dropout over sequences (B, T, N)."""

from torch import Tensor, nn
from torch.nn import functional


class Dropout(nn.Module):
    """Zero a share `p` of the values in training, and scale up the others to make up for it.

    Variational (Gal and Ghahramani 2016, https://arxiv.org/abs/1512.05287): the same values are
    dropped at every position of a sentence.
    """

    def __init__(self, p: float, variational: bool) -> None:
        super().__init__()
        self.p, self.variational = p, variational

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, N) to the same shape."""
        if not self.training or self.p == 0:
            return x
        if not self.variational:
            return functional.dropout(x, self.p)
        kept = x.new_empty(x.shape[0], 1, x.shape[2]).bernoulli_(1 - self.p)
        return x * (kept / (1 - self.p))
