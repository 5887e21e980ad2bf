"""Arrow files of pairs: written a chunk at a time, and mapped into memory by `datasets`."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from pathlib import Path
from typing import Any

import pyarrow as pa

from seq2seq.data.corpus import Flaw, Pair

CHUNK_PAIRS = 10_000  # pairs that are tokenised and written at a time

RAW_SCHEMA = pa.schema(
    {
        "source": pa.string(),
        "target": pa.string(),
        "document": pa.string(),
        "weight": pa.float32(),
        "corpus": pa.string(),
        "tags": pa.string(),
        "languages": pa.string(),
    }
)

# Of pairs as readers yield them, before cleaning.
READ_SCHEMA = pa.schema([*RAW_SCHEMA, *((f"flaw_{name}", pa.string()) for name in Flaw._fields)])


def read_columns(pairs: Any) -> Iterator[dict[str, list[Any]]]:
    """Yield columns of `READ_SCHEMA`."""
    for chunk in chunks(iter(pairs)):
        flaws = [pair.flaw or (None, None, None) for pair in chunk]
        names = READ_SCHEMA.names[len(RAW_SCHEMA.names) :]
        yield _columns(chunk) | dict(zip(names, map(list, zip(*flaws, strict=True)), strict=True))


def _columns(chunk: list[Pair]) -> dict[str, list[Any]]:
    columns = dict(zip(Pair._fields, zip(*chunk, strict=True), strict=True))
    return {name: list(columns[name]) for name in RAW_SCHEMA.names}


def chunks(pairs: Iterator[Pair]) -> Iterator[list[Pair]]:
    chunk: list[Pair] = []
    for pair in pairs:
        chunk.append(pair)
        if len(chunk) == CHUNK_PAIRS:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def write_arrow(path: Path, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
    """Write batches as one Arrow file that `datasets` maps into memory."""
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, schema) as writer:
        for batch in batches:
            writer.write_batch(batch)


class BatchFile:
    """Record batches in a file, which can be read in any order; one at a time is in memory."""

    def __init__(self, path: Path, lengths: Sequence[int]) -> None:
        """Take a file that `write` has written, of batches of so many rows each."""
        self.path, self.lengths = path, lengths

    @classmethod
    def write(cls, path: Path, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> "BatchFile":
        """Write batches of `schema`."""
        lengths = []
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, schema) as writer:
            for batch in batches:
                writer.write_batch(batch)
                lengths.append(len(batch))
        return cls(path, lengths)

    def __len__(self) -> int:
        """Return the number of batches."""
        return len(self.lengths)

    def batch(self, index: int) -> pa.RecordBatch:
        """Return a batch. It is read: mapped into memory, its pages would count as ours."""
        with pa.OSFile(str(self.path), "rb") as file:
            return pa.ipc.open_file(file).get_batch(index)

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        """Yield all batches."""
        return map(self.batch, range(len(self)))


def joined_batches(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield the rows of small batches as batches of up to `CHUNK_PAIRS` rows, or a little more."""
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        waiting.append(batch)
        if sum(map(len, waiting)) >= CHUNK_PAIRS:
            yield pa.concat_batches(waiting)
            waiting = []
    if waiting:
        yield pa.concat_batches(waiting)


def batch_pairs(batch: pa.RecordBatch) -> Iterator[Pair]:
    """Yield the pairs of a batch of `RAW_SCHEMA`, or of another that begins with it."""
    of = {name: batch.column(name).to_pylist() for name in RAW_SCHEMA.names}
    has_flaws = "flaw_kind" in batch.schema.names
    has_flaws = has_flaws and batch.column("flaw_kind").null_count < len(batch)
    flaws: Iterable[Flaw | None] = repeat(None)
    if has_flaws:
        parts = (batch.column(f"flaw_{name}").to_pylist() for name in Flaw._fields)
        flaws = (Flaw(*flaw) if flaw[0] else None for flaw in zip(*parts, strict=True))
    # In the order of the fields; file and line of a pair are not kept.
    return map(
        Pair, of["source"], of["target"], of["document"], of["weight"], of["corpus"],
        flaws, repeat(None), repeat(None), of["tags"], of["languages"],
    )  # fmt: skip
