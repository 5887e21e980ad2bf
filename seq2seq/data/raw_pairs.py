"""The pairs of a split as they were read, in a file of chunks that can be read in any order."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from seq2seq.data.arrow_files import (
    CHUNK_PAIRS,
    READ_SCHEMA,
    BatchFile,
    batch_pairs,
    read_columns,
)
from seq2seq.data.corpus import Pair


class RawPairs:
    """Pairs in a file; one chunk at a time is in memory."""

    def __init__(self, file: BatchFile) -> None:
        """Take a file that `write` has written."""
        self.file = file

    @classmethod
    def write(cls, path: Path, pairs: Iterable[Pair]) -> "RawPairs":
        """Write the pairs that a reader yields."""
        batches = (pa.record_batch(chunk, schema=READ_SCHEMA) for chunk in read_columns(pairs))
        return cls(BatchFile.write(path, READ_SCHEMA, batches))

    @property
    def chunks(self) -> int:
        """Return the number of chunks."""
        return len(self.file)

    def __iter__(self) -> Iterator[Pair]:
        """Yield all pairs."""
        for batch in self.file:
            yield from batch_pairs(batch)

    def chunk(self, index: int) -> Iterator[Pair]:
        """Yield the pairs of a chunk."""
        return batch_pairs(self.file.batch(index))

    def sample(self, pairs: int) -> Iterator[Pair]:
        """Yield the pairs of some chunks, evenly spaced, that hold `pairs` of them or all."""
        number = min(self.chunks, -(-pairs // CHUNK_PAIRS))
        for index in range(number):
            yield from self.chunk(index * self.chunks // number)


class SelectedRows(NamedTuple):
    """Some of the pairs of a chunk. It names them, and can be sent to another process."""

    raw: RawPairs
    chunk: int
    rows: NDArray[np.bool_]  # of the chunk, those that are selected

    def batch(self) -> pa.RecordBatch:
        """Read the pairs, as a batch of `READ_SCHEMA`."""
        return self.raw.file.batch(self.chunk).filter(pa.array(self.rows))


def selected_rows(
    raw: Mapping[str, RawPairs], masks: Iterable[tuple[str, NDArray[np.bool_]]]
) -> Iterator[SelectedRows]:
    """Yield pairs of some splits, chunk by chunk.

    Args:
        raw: the pairs of each split.
        masks: names of splits, and masks (N,) of all their pairs in the order of the split.
    """
    for name, mask in masks:
        lengths = raw[name].file.lengths
        for chunk, rows in enumerate(np.split(mask, np.cumsum(lengths)[:-1])):
            if rows.any():
                yield SelectedRows(raw[name], chunk, rows)
