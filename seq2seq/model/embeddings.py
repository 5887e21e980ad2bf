"""From pieces to vectors: by looking a row up, or by multiplying a matrix with a one-hot vector."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from seq2seq.model.dropout import keep_mask


class Embedding(nn.Embedding):
    """A vector for each piece; in training a share `word_dropout` of the pieces of a text has none.

    Word dropout, Iyyer et al. (2015), section 3.2, https://aclanthology.org/P15-1162: what is left
    has to be enough. The vectors are zeroed and the others are not scaled up.
    """

    def __init__(self, vocab_size: int, size: int, word_dropout: float) -> None:
        super().__init__(vocab_size, size)
        nn.init.normal_(self.weight, std=size**-0.5)  # so that a tied output starts near uniform
        self.word_dropout = word_dropout

    def vectors(self, tokens: Tensor) -> Tensor:
        """The rows (..., E) of the matrix for `tokens` (...)."""
        return super().forward(tokens)

    def forward(self, tokens: Tensor) -> Tensor:
        """(B, T) to (B, T, E)."""
        x = self.vectors(tokens)
        if not self.training or self.word_dropout == 0:
            return x
        return x * keep_mask((*tokens.shape, 1), self.word_dropout, x)[0]


class OneHotEmbedding(Embedding):
    """The same numbers, as textbooks write them: x = W^T e, e being 1 at the piece and 0 elsewhere.

    It takes V times as many multiplications as looking the row up, and is here to be compared.
    """

    def vectors(self, tokens: Tensor) -> Tensor:
        e = functional.one_hot(tokens, self.num_embeddings).to(self.weight.dtype)  # (..., V)
        return torch.matmul(e, self.weight)
