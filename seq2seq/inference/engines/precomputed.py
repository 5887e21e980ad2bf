"""An encoder whose tokens are looked up: what each does to the state was computed beforehand.

In a linear recurrence h_t = a_t * h_{t-1} + b_t the vectors a_t and b_t depend on the input alone
(`seq2seq.model.cells.linear`). In the first layer the input is one of V tokens, so there are but V
pairs of them: with a table, a token takes a multiplication and an addition for each number of the
state, and no matrix.
"""

from typing import Self

import torch
from torch import Tensor, nn

from seq2seq.model.cells.linear import MinGRU, MinLSTM
from seq2seq.model.encoder import Encoder, EncoderOutput

MAX_TABLE_ELEMENTS = (
    64 * 2**20
)  # bytes of tables: a processor's caches hold the rows that are often asked for


class PrecomputedEncoder(nn.Module):
    """Gives the final state of an `Encoder`, to a classifier, which does not ask for more."""

    def __init__(self, encoder: Encoder, tables: list[Tensor]) -> None:
        """Look up in a table for each direction of `encoder`: what is kept and added (V, 2 H)."""
        super().__init__()
        self.encoder, self.tables = encoder, tables

    @classmethod
    @torch.inference_mode()
    def of(cls, encoder: Encoder) -> Self | None:
        """What `encoder` does, by tables; None where it is no single layer of minGRU or minLSTM.

        Nor where the tables would be large.
        """
        vectors = encoder.embedding.weight  # (V, E)
        tables = []
        for cell in encoder.layers[0]:
            if not isinstance(cell, MinGRU | MinLSTM) or len(encoder.layers) > 1:
                return None
            if 8 * len(vectors) * cell.size * len(encoder.layers[0]) > MAX_TABLE_ELEMENTS:
                return None
            tables.append(torch.cat(cell.coefficients(cell.project_input(vectors)), 1))
        return cls(encoder, tables)

    @torch.inference_mode()
    def forward(self, tokens: Tensor, lengths: Tensor | None) -> EncoderOutput:
        """Read sentences (B, S) of any lengths.

        All of them end at once, and the shorter ones join when what is left to read is no more than
        they have: so nothing is computed of padding. Of the result the first part, what is said of
        each position, is left empty.
        """
        count, width = tokens.shape
        if lengths is None:
            lengths = torch.full((count,), width)
        lengths, order = lengths.sort(descending=True)
        tokens = tokens[order]
        reading = (torch.arange(width, 0, -1)[:, None] <= lengths).sum(1).tolist()
        places = torch.arange(width) + lengths[:, None] - width  # (B, S), below 0 before it joins
        last = (tokens.gather(1, places.clamp(0)), tokens.flip(1))  # (B, S) in both directions
        first = self.encoder.initial_states(count)[:, 0, :, 0]  # (B, D, H)
        states = []
        for direction, table in enumerate(self.tables):
            columns = last[direction].t().contiguous()  # (S, B)
            state = first[:, direction].clone(memory_format=torch.contiguous_format)  # (B, H)
            for column, rows in zip(columns, reading, strict=True):
                kept, added = table.index_select(0, column[:rows]).chunk(2, 1)
                torch.addcmul(added, kept, state[:rows], out=state[:rows])
            states.append(state)
        state = torch.cat(states, -1)[order.argsort()]  # (B, M)
        return EncoderOutput(state.new_empty(count, 0, state.shape[1]), state[:, None, None])
