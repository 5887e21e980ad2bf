"""Dropout over sequences (B, T, N): of values, and of whole pieces."""

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


class Embedding(nn.Embedding):
    """A vector for each piece; in training a share `hidden` of the pieces of a text has none.

    Word dropout, Iyyer et al. (2015), section 3.2, https://aclanthology.org/P15-1162: what is left
    has to be enough. The vectors are zeroed and the others are not scaled up.
    """

    def __init__(self, pieces: int, size: int, hidden: float) -> None:
        super().__init__(pieces, size)
        nn.init.normal_(self.weight, std=size**-0.5)  # so that a tied output starts near uniform
        self.hidden = hidden

    def forward(self, tokens: Tensor) -> Tensor:
        """(B, T) to (B, T, E)."""
        x = super().forward(tokens)
        if not self.training or self.hidden == 0:
            return x
        return x * x.new_empty(*tokens.shape, 1).bernoulli_(1 - self.hidden)
