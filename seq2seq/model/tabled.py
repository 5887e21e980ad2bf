"""An encoder whose tokens are looked up: what each does to the state was computed beforehand.

In a linear recurrence h_t = a_t * h_{t-1} + b_t the vectors a_t and b_t depend on the input alone
(`seq2seq.model.linear_cells`). In the first layer the input is one of V tokens, so there are but V
pairs of them: with a table, a token takes a multiplication and an addition for each number of the
state, and no matrix.
"""

from typing import Self

import torch
from torch import Tensor, nn

from seq2seq.model.encoder import Encoded, Encoder
from seq2seq.model.linear_cells import MinGRU, MinLSTM

LARGEST = 64 * 2**20  # bytes of tables: a processor's caches hold the rows that are often asked for

Pair = tuple[Tensor, Tensor]  # what is kept and what is added (V, H)


class Tabled(nn.Module):
    """Gives the final state of an `Encoder`, to a classifier, which does not ask for more."""

    def __init__(self, encoder: Encoder, tables: list[Pair]) -> None:
        """Look up in a table for each direction of `encoder`."""
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
            if 8 * len(vectors) * cell.size * len(encoder.layers[0]) > LARGEST:
                return None
            kept, added = cell.coefficients(cell.read(vectors))
            tables.append((kept.contiguous(), added.contiguous()))
        return cls(encoder, tables)

    def forward(self, tokens: Tensor, lengths: Tensor | None) -> Encoded:
        """Read sentences (B, S): those of one length by tables, others as the encoder does.

        Of the result the first part, what is said of each position, is left empty with tables.
        """
        if lengths is not None:
            encoded: Encoded = self.encoder(tokens, lengths)
            return encoded
        first = self.encoder.begin(len(tokens))  # (B, 1, D, 1, H)
        final = []
        for direction, (kept, added) in enumerate(self.tables):
            h = first[:, 0, direction, 0]
            for column in (tokens.flip(1) if direction else tokens).unbind(1):
                h = torch.addcmul(added[column], kept[column], h)  # (B, H)
            final.append(h)
        state = torch.cat(final, -1)  # (B, M)
        return Encoded(state.new_empty(len(tokens), 0, state.shape[1]), state[:, None, None])
