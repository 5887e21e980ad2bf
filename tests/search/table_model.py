"""A model whose every probability is known: a table of what may follow what."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from seq2seq.search.interface import Hypothesis
from seq2seq.text.special_tokens import BOS, EOS

A, B, C, D = 4, 5, 6, 7  # four words; 0 to 3 are PAD, START, END and UNKNOWN
SIZE = 8

# What has been said -> the probabilities of what comes next; what is not listed has none.
Table = Mapping[tuple[int, ...], Mapping[int, float]]


class Said(NamedTuple):
    """A state that remembers every token: (B, K, t), and which sentence it is: (B,)."""

    tokens: Tensor
    sentence: Tensor

    def reorder(self, parents: Tensor) -> "Said":
        rows = torch.arange(len(parents)).unsqueeze(1)
        return self._replace(tokens=self.tokens[rows, parents])

    def select(self, sentences: Tensor) -> "Said":
        return Said(self.tokens[sentences], self.sentence[sentences])


class Model:
    """A step over tables, one for each sentence. It counts the rows that it was asked for."""

    def __init__(self, tables: Sequence[Table]) -> None:
        self.tables = tables
        self.rows: list[int] = []

    def init_decoding(self) -> Said:
        count = len(self.tables)
        return Said(torch.zeros(count, 1, 0, dtype=torch.long), torch.arange(count))

    def __call__(self, state: Said, last: Tensor) -> tuple[Tensor, Said]:
        tokens = torch.cat((state.tokens, last.unsqueeze(-1)), -1)  # (b, K, t)
        logits = torch.full((*last.shape, SIZE), -torch.inf)
        for row, hypotheses in enumerate(tokens.tolist()):
            table = self.tables[int(state.sentence[row])]
            for k, (start, *said) in enumerate(hypotheses):
                assert start == BOS
                following = table.get(tuple(said), {EOS: 1.0})
                for token, p in following.items():
                    logits[row, k, token] = math.log(p) + 3.0  # logits are not normalised
        self.rows.append(len(tokens))
        return logits, state._replace(tokens=tokens)


Searching = Callable[..., list[list[Hypothesis]]]


def say(
    search: Searching,
    tables: Sequence[Table],
    limit: int | Sequence[int] = 9,
    first: int = 1,
    scored: bool = True,
) -> list[list[Hypothesis]]:
    """Search `tables`, the sentences numbered from `first`."""
    limits = [limit] * len(tables) if isinstance(limit, int) else list(limit)
    model = Model(tables)
    keys = range(first, first + len(tables))
    return search(model, model.init_decoding(), torch.tensor(limits), list(keys), scored)
