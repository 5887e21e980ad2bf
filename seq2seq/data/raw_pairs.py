"""The pairs of a split as they were read, in a file of chunks that can be read in any order."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa

from seq2seq.data.arrow_files import CHUNK_PAIRS, READ_SCHEMA, batch_pairs, read_columns
from seq2seq.data.corpus import Pair


class RawPairs:
    """Pairs in a file; one chunk at a time is in memory."""

    def __init__(self, path: Path, chunks: int) -> None:
        """Take a file that `write` has written, of so many chunks."""
        self.path, self.chunks = path, chunks

    @classmethod
    def write(cls, path: Path, pairs: Iterable[Pair]) -> "RawPairs":
        """Write the pairs that a reader yields."""
        count = 0
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, READ_SCHEMA) as writer:
            for columns in read_columns(pairs):
                writer.write_batch(pa.record_batch(columns, schema=READ_SCHEMA))
                count += 1
        return cls(path, count)

    def __iter__(self) -> Iterator[Pair]:
        """Yield all pairs. Mapped into memory, the pages of the file would count as ours."""
        for index in range(self.chunks):
            yield from self.chunk(index)

    def chunk(self, index: int) -> Iterator[Pair]:
        """Yield the pairs of a chunk."""
        with pa.OSFile(str(self.path), "rb") as file:
            yield from batch_pairs(pa.ipc.open_file(file).get_batch(index))

    def sample(self, pairs: int) -> Iterator[Pair]:
        """Yield the pairs of some chunks, evenly spaced, that hold `pairs` of them or all."""
        number = min(self.chunks, -(-pairs // CHUNK_PAIRS))
        for index in range(number):
            yield from self.chunk(index * self.chunks // number)
