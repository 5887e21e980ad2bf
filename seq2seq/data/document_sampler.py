"""Batches of documents: parallel streams of sentences, each one document after another.

The state of a stream can be carried from sentence to sentence, as a language model's state is from
chunk to chunk.
"""

import heapq
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow.compute as pc
import torch
from numpy.typing import NDArray

from seq2seq.config.training import BatchOptions
from seq2seq.data.batches import Batch, RowIndices
from seq2seq.data.datasets import ParallelDataset
from seq2seq.data.samplers import LengthBatchSampler
from seq2seq.text.tokenizer import Tokenizer


class DocumentBatchSampler(LengthBatchSampler):
    """Batches of sentences of parallel streams: a function of seed and epoch alone.

    The documents are shuffled, and each goes to the stream that is the shortest so far; there are
    as many streams as a batch may have sentences. Round by round, the next sentence of every stream
    is taken; these are sorted by length and cut into batches, which are shuffled.
    """

    def __init__(
        self,
        lengths: tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32] | None],
        is_first: NDArray[np.bool_],
        options: BatchOptions,
        seed: int,
    ) -> None:
        """Sample documents of pairs of these lengths and weights.

        A document is seen as often as the weight of its first pair. Pairs that are too long are
        left out: the pair after it then continues from the state of the pair before it.

        Args:
            lengths: lengths of sources, lengths of targets, and weights, each (N,).
            is_first: whether a pair is the first of a document, (N,).
            options: sizes of batches.
            seed: seed of the order.
        """
        super().__init__(*lengths, options, seed)
        rows = np.flatnonzero(self.fits)
        document = is_first.cumsum()[rows]
        first = np.diff(document, prepend=-1) != 0
        self.is_first = np.zeros(len(is_first), dtype=np.bool_)  # among the pairs that fit, (N,)
        self.is_first[rows[first]] = True
        self.documents = np.split(rows, np.flatnonzero(first)[1:]) if len(rows) else []
        self.streams = max(1, min(options.sentences, len(self.documents)))

    def epoch(self, number: int) -> Iterator[RowIndices]:
        """Yield the batches of epoch `number`: the row and the stream of each sentence, (b, 2)."""
        random = np.random.default_rng([self.seed, number])
        streams = self._streams(random, number)
        for step in range(max((len(rows) for rows in streams), default=0)):
            numbers = np.array([n for n, rows in enumerate(streams) if len(rows) > step])
            rows = np.array([streams[n][step] for n in numbers])
            order = np.lexsort((self.target[rows], self.source[rows]))
            rows, numbers = rows[order], numbers[order]
            sizes = [len(part) for part in self._cut(rows)]
            batches = np.split(np.stack((rows, numbers), 1), np.cumsum(sizes)[:-1])
            for index in random.permutation(len(batches)):
                yield batches[index]

    def _streams(self, random: np.random.Generator, epoch: int) -> list[RowIndices]:
        """Return the rows of each stream, in order."""
        times = np.ones(len(self.documents), dtype=np.int64)
        if (of_rows := self.weights_in(epoch)) is not None:
            weights = of_rows[[rows[0] for rows in self.documents]]
            times = np.floor(weights + random.random(len(weights))).astype(np.int64)
        streams: list[list[RowIndices]] = [[] for _ in range(self.streams)]
        heap = [(0, stream) for stream in range(self.streams)]
        for index in random.permutation(np.repeat(np.arange(len(times)), times)):
            length, stream = heap[0]
            streams[stream].append(self.documents[index])
            heapq.heapreplace(heap, (length + len(self.documents[index]), stream))
        return [np.concatenate(documents) for documents in streams if documents]


class DocumentDataset(ParallelDataset):
    """Prepared training pairs, batched by a `DocumentBatchSampler`."""

    def __init__(
        self,
        dataset: Any,
        sampler: DocumentBatchSampler,
        sides: tuple[Tokenizer, Tokenizer],
        sampling: float,
    ) -> None:
        """Take the arguments of `ParallelDataset`."""
        super().__init__(dataset, sampler, sides, sampling)
        self.is_first = sampler.is_first

    def load(self, rows: RowIndices, epoch: int) -> Batch:
        """Return the pairs of `rows` (b, 2) as a batch, with the streams that they continue."""
        batch = super().load(rows[:, 0], epoch)
        count, width = batch.target_input.shape
        is_first = np.ones(count, dtype=np.bool_)  # True for the sentences without labels too
        is_first[: len(rows)] = self.is_first[rows[:, 0]]
        lengths = torch.bincount(batch.label_positions // width, minlength=count).clamp(min=1)
        streams = torch.from_numpy(np.ascontiguousarray(rows[:, 1]))
        return batch._replace(
            is_first=torch.from_numpy(is_first), stream_ids=streams, target_lengths=lengths
        )


def document_starts(dataset: Any) -> NDArray[np.bool_]:
    """Return whether each pair of a prepared `dataset` is the first of a document, (N,) bool.

    A pair that names no document is a document by itself.
    """
    column = dataset.data.column("document")
    is_first = np.ones(len(column), dtype=np.bool_)
    differs = pc.not_equal(column.slice(1), column.slice(0, max(0, len(column) - 1)))
    is_first[1:] = pc.fill_null(differs, True).to_numpy()
    return is_first
