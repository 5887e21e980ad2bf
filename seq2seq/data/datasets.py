"""Training data, loaded a batch at a time."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from seq2seq.data.batches import Batch, RowIndices, collate
from seq2seq.data.samplers import LengthBatchSampler
from seq2seq.text.source_tags import tag_ids
from seq2seq.text.tokenizer import Tokenizer


class BatchSource(Protocol):
    """Training data, a batch at a time."""

    pairs: int  # sentences, or other units, in one epoch

    def epoch(self, number: int) -> Iterator[RowIndices]:
        """Yield the row indices of each batch of epoch `number`, a function of `number` alone."""
        ...

    def load(self, rows: RowIndices, epoch: int) -> Batch:
        """Return the batch of `rows` as tensors, a function of the arguments alone."""
        ...


class ParallelDataset:
    """Prepared training pairs, batched by a sampler and loaded a batch at a time."""

    def __init__(
        self,
        dataset: Any,
        sampler: LengthBatchSampler,
        sides: tuple[Tokenizer, Tokenizer],
        sampling: float,
    ) -> None:
        """Load from `dataset`, the training pairs of a `PreparedCorpus`.

        Args:
            dataset: memory-mapped.
            sampler: of row indices.
            sides: tokenizers of source and target.
            sampling: `tokenizer.sampling`; above 0 a line is tokenised anew in each epoch.
        """
        self.dataset = dataset.with_format("arrow")
        self.sampler, self.pairs, self.sampling = sampler, sampler.pairs, sampling
        self.source, self.target = sides

    def epoch(self, number: int) -> Iterator[RowIndices]:
        """Yield the row indices of each batch of epoch `number`."""
        return self.sampler.epoch(number)

    def load(self, rows: RowIndices, epoch: int) -> Batch:
        """Return the pairs `rows` as a batch, a function of the arguments alone."""
        table = self.dataset[rows]
        if not self.sampling:
            return collate(*self._ids(table, rows, epoch))
        seed = sampling_seed(self.sampler.seed, epoch, rows)
        sources, targets = self._texts(table, rows, epoch)
        return collate(
            self._with_tags(self.source.sample(sources, self.sampling, seed), table),
            self.target.sample(targets, self.sampling, seed + 1),
        )

    def _with_tags(self, ids: list[list[int]], table: Any) -> list[list[int]]:
        """Return the token ids of sources of `table` with those of their tags before them."""
        if "tags" not in table.column_names:  # as earlier versions prepared
            return ids
        tags = table["tags"].to_pylist()
        known = {words: tag_ids(self.source, words) for words in {*tags} if words}
        return [known.get(words, []) + row for words, row in zip(tags, ids, strict=True)]

    def _ids(self, table: Any, rows: RowIndices, epoch: int) -> tuple[list[Any], list[Any]]:
        """Return the token ids of both sides of the pairs `rows`, which `table` has."""
        del rows, epoch
        return token_ids(table["source_ids"]), token_ids(table["target_ids"])

    def _texts(self, table: Any, rows: RowIndices, epoch: int) -> tuple[list[str], list[str]]:
        """Return the texts of both sides of the pairs `rows`, which `table` has."""
        del rows, epoch
        return table["source"].to_pylist(), table["target"].to_pylist()


def sampling_seed(seed: int, epoch: int, rows: RowIndices) -> int:
    """Return the seed of subword sampling of a batch."""
    return int(np.random.SeedSequence([seed, epoch, int(rows[0])]).generate_state(1)[0])


def token_ids(column: Any) -> list[NDArray[np.int32]]:
    """Return the lists of an Arrow column as views of its memory."""
    lists = column.combine_chunks()
    offsets = lists.offsets.to_numpy()
    values = lists.values.to_numpy()
    return [values[a:b] for a, b in pairwise(offsets)]
