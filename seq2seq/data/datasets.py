"""Training data, loaded a batch at a time."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from seq2seq.data.batches import Batch, RowIndices, collate
from seq2seq.data.samplers import LengthBatchSampler
from seq2seq.text.tokenizer import Tokenizer


class BatchSource(Protocol):
    """Training data, a batch at a time."""

    pairs: int  # sentences, or other units, in one epoch

    def epoch(self, number: int) -> Iterator[RowIndices]:
        """What each batch of epoch `number` is made of, the same for the same number."""
        ...

    def load(self, rows: RowIndices, epoch: int) -> Batch:
        """The batch of `rows` as tensors, the same for the same arguments."""
        ...


class ParallelDataset:
    """Prepared training pairs, in the order of an `Order`, loaded a batch at a time."""

    def __init__(
        self,
        dataset: Any,
        order: LengthBatchSampler,
        sides: tuple[Tokenizer, Tokenizer],
        sampling: float,
    ) -> None:
        """Read from `dataset` (of `text.prepare`); `sampling` above 0 segments anew each time."""
        self.dataset = dataset.with_format("arrow")
        self.order, self.pairs, self.sampling = order, order.pairs, sampling
        self.source, self.target = sides

    def epoch(self, number: int) -> Iterator[RowIndices]:
        """See `Order`."""
        return self.order.epoch(number)

    def load(self, rows: RowIndices, epoch: int) -> Batch:
        """The pairs `rows` as tensors, the same for the same arguments."""
        table = self.dataset[rows]
        if not self.sampling:
            return collate(token_ids(table["source_ids"]), token_ids(table["target_ids"]))
        entropy = [self.order.seed, epoch, int(rows[0])]
        seed = int(np.random.SeedSequence(entropy).generate_state(1)[0])
        return collate(
            self.source.sample(table["source"].to_pylist(), self.sampling, seed),
            self.target.sample(table["target"].to_pylist(), self.sampling, seed + 1),
        )


def token_ids(column: Any) -> list[NDArray[np.int32]]:
    """The lists of an Arrow column as views of its numbers."""
    lists = column.combine_chunks()
    offsets = lists.offsets.to_numpy()
    values = lists.values.to_numpy()
    return [values[a:b] for a, b in pairwise(offsets)]
