"""Attention of decoder states to encoder outputs."""

from typing import NamedTuple, Self

import torch
from torch import Tensor, nn


class Memory(NamedTuple):
    """Encoder outputs of a batch, prepared once for all decoding steps."""

    values: Tensor  # (B, S, M) encoder outputs
    keys: Tensor  # (B, S, A) encoder outputs, projected for the comparison with a query
    mask: Tensor  # (B, S) bool, True: a token; False: padding

    def select(self, sentences: Tensor) -> Self:
        """Return the memory of the sentences with the indices `sentences` (b,), in that order."""
        return self._replace(
            values=self.values.index_select(0, sentences),  # faster than indexing
            keys=self.keys.index_select(0, sentences),
            mask=self.mask.index_select(0, sentences),
        )


def _batched_product(a: Tensor, b: Tensor) -> Tensor:
    """Return the products (B, n, k) of matrices (B, n, m) and (B, m, k).

    On CPUs always in fp32: in bf16, oneDNN compiles and caches a kernel for every pair of lengths.
    """
    if a.device.type != "cpu":
        return torch.bmm(a, b)
    with torch.autocast("cpu", enabled=False):
        return torch.bmm(a.float(), b.float())


class Attention(nn.Module):
    """Base class of attentions: T (or K) queries per sentence attend to a `Memory` at once."""

    context_size: int  # M; 0 without attention

    def prepare_memory(self, values: Tensor, mask: Tensor, final: Tensor) -> Memory:
        """Return the memory of encoder outputs, with precomputed keys.

        Args:
            values: (B, S, M) encoder outputs.
            mask: (B, S) bool, False at padding.
            final: (B, M) final hidden state of the last encoder layer.
        """
        del final  # unused: attention is over the positions
        return Memory(values, self.project(values), mask)

    def input_weights(self) -> list[Tensor]:
        """Return the matrices whose inputs are hidden states; none by default."""
        return []

    def project(self, values: Tensor) -> Tensor:
        """Return the keys (B, S, A) of `values` (B, S, M)."""
        raise NotImplementedError

    def score(self, query: Tensor, keys: Tensor) -> Tensor:
        """Return the scores (B, T, S) of queries (B, T, H) and keys (B, S, A)."""
        raise NotImplementedError

    def forward(self, query: Tensor, memory: Memory) -> tuple[Tensor, Tensor]:
        """Attend to `memory` with the decoder states `query` (B, T, H).

        Returns:
            The contexts (B, T, M) and the attention weights (B, T, S), which are zero at padding
            and sum to one. Each sentence needs at least one token.
        """
        scores = self.score(query, memory.keys)  # (B, T, S)
        scores = scores.masked_fill(~memory.mask.unsqueeze(1), -torch.inf)
        weights = scores.float().softmax(-1).to(memory.values.dtype)  # (B, T, S)
        return _batched_product(weights, memory.values), weights  # (B, T, M)


class NoAttention(Attention):
    """No attention: only the initial state connects the decoder to the source."""

    def __init__(self, query_size: int, memory_size: int) -> None:
        super().__init__()
        del query_size, memory_size  # unused: all attentions share one signature
        self.context_size = 0

    def project(self, values: Tensor) -> Tensor:
        return values[..., :0]  # (B, S, 0)

    def forward(self, query: Tensor, memory: Memory) -> tuple[Tensor, Tensor]:
        """Return empty contexts (B, T, 0) and weights (B, T, 0)."""
        del memory
        return query[..., :0], query[..., :0]


class FixedContext(Attention):
    """Encoder's final state as the context of every position.

    Cho et al. (2014), section 2.2, where the decoder reads the summary c at each step.
    https://arxiv.org/abs/1406.1078
    """

    def __init__(self, query_size: int, memory_size: int) -> None:
        super().__init__()
        del query_size  # unused: all attentions share one signature
        self.context_size = memory_size

    def prepare_memory(self, values: Tensor, mask: Tensor, final: Tensor) -> Memory:
        """Return the final state as a memory of one position."""
        del values
        return Memory(final.unsqueeze(1), final[:, None, :0], mask[:, :1])

    def forward(self, query: Tensor, memory: Memory) -> tuple[Tensor, Tensor]:
        """Return the same context (B, T, M) for each query, and empty weights (B, T, 0)."""
        return memory.values[:, :1].expand(-1, query.shape[1], -1), query[..., :0]


class DotAttention(Attention):
    """Luong et al. (2015), equation 8, dot: score(q, k) = q^T k.

    https://arxiv.org/abs/1508.04025
    """

    def __init__(self, query_size: int, memory_size: int) -> None:
        super().__init__()
        if query_size != memory_size:
            raise ValueError(
                f"dot attention needs a decoder state ({query_size}) as large as the encoder's "
                f"output ({memory_size}, both directions together); general attention does not"
            )
        self.context_size = memory_size

    def project(self, values: Tensor) -> Tensor:
        return values

    def score(self, query: Tensor, keys: Tensor) -> Tensor:
        return _batched_product(query, keys.transpose(1, 2))  # (B, T, S)


class GeneralAttention(Attention):
    """Luong et al. (2015), equation 8, general: score(q, k) = q^T W k.

    https://arxiv.org/abs/1508.04025
    """

    def __init__(self, query_size: int, memory_size: int) -> None:
        super().__init__()
        self.context_size = memory_size
        self.key = nn.Linear(memory_size, query_size, bias=False)  # W

    def input_weights(self) -> list[Tensor]:
        return [self.key.weight]

    def project(self, values: Tensor) -> Tensor:
        keys: Tensor = self.key(values)  # (B, S, H)
        return keys

    def score(self, query: Tensor, keys: Tensor) -> Tensor:
        return _batched_product(query, keys.transpose(1, 2))  # (B, T, S)


class AdditiveAttention(Attention):
    """Bahdanau et al. (2015), appendix A.1.2: score(q, k) = v^T tanh(W q + U k).

    https://arxiv.org/abs/1409.0473
    """

    def __init__(self, query_size: int, memory_size: int, size: int) -> None:
        super().__init__()
        self.context_size = memory_size
        self.query = nn.Linear(query_size, size, bias=False)  # W
        self.key = nn.Linear(memory_size, size, bias=False)  # U
        self.energy = nn.Linear(size, 1, bias=False)  # v

    def input_weights(self) -> list[Tensor]:
        return [self.query.weight, self.key.weight]

    def project(self, values: Tensor) -> Tensor:
        keys: Tensor = self.key(values)  # (B, S, A)
        return keys

    def score(self, query: Tensor, keys: Tensor) -> Tensor:
        hidden = torch.tanh(self.query(query).unsqueeze(2) + keys.unsqueeze(1))  # (B, T, S, A)
        scores: Tensor = self.energy(hidden).squeeze(-1)  # (B, T, S)
        return scores
