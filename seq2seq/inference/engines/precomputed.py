"""An encoder with a precomputed table of the coefficients of its linear recurrence.

In h_t = a_t * h_{t-1} + b_t the vectors a_t and b_t depend on the input alone
(`seq2seq.model.cells.linear`). In the first layer the input is one of V tokens, so there are only V
pairs of them: with a table, a token takes one multiplication and one addition for each element of
the state, and no matrix product.
"""

from typing import Self

import torch
from torch import Tensor, nn

from seq2seq.model.cells.linear import MinGRU, MinLSTM
from seq2seq.model.encoder import Encoder, EncoderOutput

# Of all tables together; the caches of a CPU hold the frequent rows of tables of this size.
MAX_TABLE_BYTES = 64 * 2**20


class PrecomputedEncoder(nn.Module):
    """Computes the final state of an `Encoder`, which is all that a classifier needs."""

    def __init__(self, encoder: Encoder, tables: list[Tensor]) -> None:
        """Encode with one table for each direction of `encoder`: [a; b] of each token (V, 2 H)."""
        super().__init__()
        self.encoder, self.tables = encoder, tables

    @classmethod
    @torch.inference_mode()
    def of(cls, encoder: Encoder) -> Self | None:
        """Precompute the tables of `encoder`.

        Returns:
            None if it is not a single layer of minGRU or minLSTM, or if its output is not h, or if
            its tables would have more than `MAX_TABLE_BYTES`.
        """
        vectors = encoder.embedding.weight  # (V, E)
        tables = []
        for cell in encoder.layers[0]:
            if not isinstance(cell, MinGRU | MinLSTM) or len(encoder.layers) > 1:
                return None
            if cell.num_states > 1:  # the output has a layer of its own above h
                return None
            elements = 2 * len(vectors) * cell.size * len(encoder.layers[0])  # a and b, in fp32
            if 4 * elements > MAX_TABLE_BYTES:
                return None
            tables.append(torch.cat(cell.coefficients(cell.project_input(vectors)), 1))
        return cls(encoder, tables)

    @torch.inference_mode()
    def forward(self, tokens: Tensor, lengths: Tensor | None) -> EncoderOutput:
        """Encode sentences (B, S) of `lengths` (B,); `None`: all have S tokens.

        Sequences are right-aligned and sorted by length; shorter ones enter the batch late, so no
        padding is computed. Only the final state is filled in: `values` has no positions.
        """
        count, width = tokens.shape
        if lengths is None:
            lengths = torch.full((count,), width)
        lengths, order = lengths.sort(descending=True)
        tokens = tokens[order]
        # Sentences in the batch at each step: those that have as many tokens as steps remain.
        batch_sizes = (torch.arange(width, 0, -1)[:, None] <= lengths).sum(1).tolist()
        indices = torch.arange(width) + lengths[:, None] - width  # (B, S), negative: none
        right_aligned = tokens.gather(1, indices.clamp(0))  # (B, S)
        directions = (right_aligned, tokens.flip(1))  # flipping right-aligns the backward direction
        initial = self.encoder.initial_states(count)[:, 0, :, 0]  # (B, D, H)
        states = []
        for direction, table in enumerate(self.tables):
            steps = directions[direction].t().contiguous()  # (S, B)
            state = initial[:, direction].clone(memory_format=torch.contiguous_format)  # (B, H)
            for step_tokens, rows in zip(steps, batch_sizes, strict=True):
                a, b = table.index_select(0, step_tokens[:rows]).chunk(2, 1)  # (rows, H)
                torch.addcmul(b, a, state[:rows], out=state[:rows])
            states.append(state)
        state = torch.cat(states, -1)[order.argsort()]  # (B, M)
        return EncoderOutput(state.new_empty(count, 0, state.shape[1]), state[:, None, None])
