"""A model with known probabilities: a table from prefixes to the next token."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from seq2seq.search.interface import Hypothesis
from seq2seq.text.special_tokens import BOS, EOS

A, B, C, D = 4, 5, 6, 7  # four words; 0 to 3 are special tokens
SIZE = 8

# From the tokens generated so far to the probabilities of the next; others have none, and a prefix
# that is not listed ends with certainty.
Table = Mapping[tuple[int, ...], Mapping[int, float]]


class PrefixState(NamedTuple):
    """A state that is the prefix itself."""

    tokens: Tensor  # (B, K, t) from BOS on
    sentence: Tensor  # (B,) index of the table

    def reorder(self, parents: Tensor) -> "PrefixState":
        rows = torch.arange(len(parents)).unsqueeze(1)
        return self._replace(tokens=self.tokens[rows, parents])

    def select(self, sentences: Tensor) -> "PrefixState":
        return PrefixState(self.tokens[sentences], self.sentence[sentences])


class Model:
    """A decoding step by tables, one for each sentence. It records the batch size of each step."""

    def __init__(self, tables: Sequence[Table]) -> None:
        self.tables = tables
        self.batch_sizes: list[int] = []

    def init_decoding(self) -> PrefixState:
        count = len(self.tables)
        return PrefixState(torch.zeros(count, 1, 0, dtype=torch.long), torch.arange(count))

    def __call__(self, state: PrefixState, last: Tensor) -> tuple[Tensor, PrefixState]:
        tokens = torch.cat((state.tokens, last.unsqueeze(-1)), -1)  # (b, K, t)
        logits = torch.full((*last.shape, SIZE), -torch.inf)
        for row, hypotheses in enumerate(tokens.tolist()):
            table = self.tables[int(state.sentence[row])]
            for k, (first, *prefix) in enumerate(hypotheses):
                assert first == BOS
                for token, p in table.get(tuple(prefix), {EOS: 1.0}).items():
                    logits[row, k, token] = math.log(p) + 3.0  # logits are not normalised
        self.batch_sizes.append(len(tokens))
        return logits, state._replace(tokens=tokens)


SearchFunction = Callable[..., list[list[Hypothesis]]]


def decode(
    search: SearchFunction,
    tables: Sequence[Table],
    limit: int | Sequence[int] = 9,
    first: int = 1,
    scored: bool = True,
) -> list[list[Hypothesis]]:
    """Search with `tables` as models of sentences with ids from `first` on."""
    max_lengths = [limit] * len(tables) if isinstance(limit, int) else list(limit)
    model = Model(tables)
    ids = list(range(first, first + len(tables)))
    return search(model, model.init_decoding(), torch.tensor(max_lengths), ids, scored)
