"""Documents to batches: parallel streams, each of which walks through one document after another.

A state can then be carried from sentence to sentence, as from chunk to chunk of a language model's
text.
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
    """Which sentence of which stream is in each batch: a function of seed and epoch alone.

    The documents are shuffled, and each goes to the stream that is the shortest so far; there are
    as many streams as a batch may have sentences. In a round every stream goes on by one sentence;
    these are sorted by length and cut into batches as an `Order` cuts them, which are shuffled.
    """

    def __init__(
        self,
        lengths: tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32] | None],
        begins: NDArray[np.bool_],
        options: BatchOptions,
        seed: int,
    ) -> None:
        """Of pairs with these lengths and weights; `begins`: those that begin a document.

        A document is seen as often as the weight of its first pair says. Pairs that are too long
        are left out: the pair after them goes on from the one before.
        """
        super().__init__(*lengths, options, seed)
        rows = np.flatnonzero(self.fits)
        document = begins.cumsum()[rows]
        first = np.diff(document, prepend=-1) != 0
        self.new = np.zeros(len(begins), dtype=np.bool_)  # of the pairs: the first of a document
        self.new[rows[first]] = True
        self.documents = np.split(rows, np.flatnonzero(first)[1:]) if len(rows) else []
        self.streams = max(1, min(options.sentences, len(self.documents)))

    def epoch(self, number: int) -> Iterator[RowIndices]:
        """The batches of epoch `number`: for each sentence its row, and its stream (b, 2)."""
        random = np.random.default_rng([self.seed, number])
        walks = self._walks(random)
        for step in range(max((len(walk) for walk in walks), default=0)):
            streams = np.array([s for s, walk in enumerate(walks) if len(walk) > step])
            rows = np.array([walks[s][step] for s in streams])
            order = np.lexsort((self.target[rows], self.source[rows]))
            rows, streams = rows[order], streams[order]
            sizes = [len(part) for part in self._cut(rows)]
            batches = np.split(np.stack((rows, streams), 1), np.cumsum(sizes)[:-1])
            for index in random.permutation(len(batches)):
                yield batches[index]

    def _walks(self, random: np.random.Generator) -> list[RowIndices]:
        """The rows of each stream."""
        times = np.ones(len(self.documents), dtype=np.int64)
        if self.weights is not None:
            weights = self.weights[[rows[0] for rows in self.documents]]
            times = np.floor(weights + random.random(len(weights))).astype(np.int64)
        walks: list[list[RowIndices]] = [[] for _ in range(self.streams)]
        heap = [(0, stream) for stream in range(self.streams)]
        for index in random.permutation(np.repeat(np.arange(len(times)), times)):
            length, stream = heap[0]
            walks[stream].append(self.documents[index])
            heapq.heapreplace(heap, (length + len(self.documents[index]), stream))
        return [np.concatenate(walk) for walk in walks if walk]


class DocumentDataset(ParallelDataset):
    """Prepared training pairs in the order of `Walks`."""

    def __init__(
        self,
        dataset: Any,
        walks: DocumentBatchSampler,
        sides: tuple[Tokenizer, Tokenizer],
        sampling: float,
    ) -> None:
        """As `Pairs`."""
        super().__init__(dataset, walks, sides, sampling)
        self.walks = walks

    def load(self, rows: RowIndices, epoch: int) -> Batch:
        """The pairs of `rows` (b, 2), with the streams that they go on from."""
        made = super().load(rows[:, 0], epoch)
        count, width = made.target_input.shape
        new = np.ones(count, dtype=np.bool_)  # the sentences that fill up the batch are new too
        new[: len(rows)] = self.walks.new[rows[:, 0]]
        said = torch.bincount(made.label_positions // width, minlength=count).clamp(min=1)
        streams = torch.from_numpy(np.ascontiguousarray(rows[:, 1]))
        return made._replace(
            is_first=torch.from_numpy(new), stream_ids=streams, target_lengths=said
        )


def document_starts(dataset: Any) -> NDArray[np.bool_]:
    """Which pairs of a prepared `dataset` begin a document; without a document, each does."""
    column = dataset.data.column("document")
    found = np.ones(len(column), dtype=np.bool_)
    differs = pc.not_equal(column.slice(1), column.slice(0, max(0, len(column) - 1)))
    found[1:] = pc.fill_null(differs, True).to_numpy()
    return found
