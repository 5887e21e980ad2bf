"""Token embeddings: a row lookup, or a product with a one-hot vector."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from seq2seq.model.dropout import keep_mask


class Embedding(nn.Embedding):
    """Token embeddings with word dropout.

    Word dropout, Iyyer et al. (2015), section 3.2, https://aclanthology.org/P15-1162: in training,
    the vectors of a share `word_dropout` of the tokens are zeroed. The others are not scaled up.
    """

    def __init__(self, vocab_size: int, size: int, word_dropout: float) -> None:
        super().__init__(vocab_size, size)
        nn.init.normal_(self.weight, std=size**-0.5)  # a tied output layer starts near uniform
        self.word_dropout = word_dropout

    def vectors(self, tokens: Tensor) -> Tensor:
        """Return the vectors (..., E) of `tokens` (...), without dropout."""
        return super().forward(tokens)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return the vectors (B, T, E) of `tokens` (B, T)."""
        x = self.vectors(tokens)
        if not self.training or self.word_dropout == 0:
            return x
        return x * keep_mask((*tokens.shape, 1), self.word_dropout, x)[0]


class OneHotEmbedding(Embedding):
    """Embeddings as textbooks write them: x = W^T e, where e is the one-hot vector of the token.

    The results equal those of `Embedding` for V times as many multiplications; for comparison.
    """

    def vectors(self, tokens: Tensor) -> Tensor:
        e = functional.one_hot(tokens, self.num_embeddings).to(self.weight.dtype)  # (..., V)
        return torch.matmul(e, self.weight)
