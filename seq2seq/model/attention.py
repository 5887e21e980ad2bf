"""How decoder states choose among the encoder's outputs."""

from typing import NamedTuple, Self

import torch
from torch import Tensor, nn


class Memory(NamedTuple):
    """An encoded batch, prepared once and then read at every decoding step."""

    values: Tensor  # (B, S, M) what the encoder wrote
    keys: Tensor  # (B, S, A) the same, projected for comparison with a query
    mask: Tensor  # (B, S) bool, True where there is a token and not padding

    def select(self, sentences: Tensor) -> Self:
        """The memory of some `sentences` (b,) alone, in their order."""
        return self._replace(
            values=self.values.index_select(0, sentences),  # quicker than brackets
            keys=self.keys.index_select(0, sentences),
            mask=self.mask.index_select(0, sentences),
        )


def _batched_product(a: Tensor, b: Tensor) -> Tensor:
    """The products of matrices (B, n, m) and (B, m, k).

    On CPUs always in fp32: in bf16, oneDNN makes and keeps a kernel for every pair of lengths.
    """
    if a.device.type != "cpu":
        return torch.bmm(a, b)
    with torch.autocast("cpu", enabled=False):
        return torch.bmm(a.float(), b.float())


class Attention(nn.Module):
    """A way of reading a `Memory` with T (or K) queries for each sentence at once."""

    context_size: int  # M, or 0 where nothing is read

    def prepare_memory(self, values: Tensor, mask: Tensor, final: Tensor) -> Memory:
        """Prepare what the encoder wrote.

        Args:
            values: (B, S, M) at each position.
            mask: (B, S) bool, where they are real.
            final: (B, M) the state in which its last layer ended.
        """
        del final  # positions are chosen among
        return Memory(values, self.project(values), mask)

    def input_weights(self) -> list[Tensor]:
        """The matrices that read states; none, unless an attention says so."""
        return []

    def project(self, values: Tensor) -> Tensor:
        """The keys (B, S, A) of `values` (B, S, M)."""
        raise NotImplementedError

    def score(self, query: Tensor, keys: Tensor) -> Tensor:
        """How well each query (B, T, H) matches each key (B, S, A): (B, T, S)."""
        raise NotImplementedError

    def forward(self, query: Tensor, memory: Memory) -> tuple[Tensor, Tensor]:
        """Read `memory` with the decoder states `query` (B, T, H).

        Returns:
            The contexts (B, T, M), and the weights (B, T, S) that made them: they are zero at
            padding and sum to one. Each sentence needs at least one real token.
        """
        scores = self.score(query, memory.keys)  # (B, T, S)
        scores = scores.masked_fill(~memory.mask.unsqueeze(1), -torch.inf)
        weights = scores.float().softmax(-1).to(memory.values.dtype)  # (B, T, S)
        return _batched_product(weights, memory.values), weights  # (B, T, M)


class NoAttention(Attention):
    """Nothing is read: the decoder's state is all that it knows of the source."""

    def __init__(self, query_size: int, memory_size: int) -> None:
        super().__init__()
        del query_size, memory_size  # the same call as every attention
        self.context_size = 0

    def project(self, values: Tensor) -> Tensor:
        return values[..., :0]  # (B, S, 0)

    def forward(self, query: Tensor, memory: Memory) -> tuple[Tensor, Tensor]:
        """Empty contexts (B, T, 0) and no weights (B, T, 0)."""
        del memory
        return query[..., :0], query[..., :0]


class FixedContext(Attention):
    """No choice either: the encoder's final state is read at every position.

    Cho et al. (2014), section 2.2, where the decoder is given the summary c at each step.
    https://arxiv.org/abs/1406.1078
    """

    def __init__(self, query_size: int, memory_size: int) -> None:
        super().__init__()
        del query_size  # the same call as every attention
        self.context_size = memory_size

    def prepare_memory(self, values: Tensor, mask: Tensor, final: Tensor) -> Memory:
        """The final state as a memory of one position."""
        del values
        return Memory(final.unsqueeze(1), final[:, None, :0], mask[:, :1])

    def forward(self, query: Tensor, memory: Memory) -> tuple[Tensor, Tensor]:
        """The same context (B, T, M) for each query, and no weights (B, T, 0)."""
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
