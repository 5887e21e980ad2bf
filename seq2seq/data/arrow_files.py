"""Arrow files of pairs: written a chunk at a time, and mapped into memory by `datasets`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from seq2seq.data.corpus import Pair

CHUNK_PAIRS = 10_000  # pairs that are tokenised and written at a time

RAW_SCHEMA = pa.schema(
    {
        "source": pa.string(),
        "target": pa.string(),
        "document": pa.string(),
        "weight": pa.float32(),
        "corpus": pa.string(),
    }
)


def raw_columns(pairs: Any) -> Iterator[dict[str, list[Any]]]:
    for chunk in chunks(iter(pairs)):
        columns = zip(*chunk, strict=True)
        yield dict(zip(RAW_SCHEMA.names, (list(column) for column in columns), strict=True))


def chunks(pairs: Iterator[Pair]) -> Iterator[list[Pair]]:
    chunk: list[Pair] = []
    for pair in pairs:
        chunk.append(pair)
        if len(chunk) == CHUNK_PAIRS:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def write_arrow(path: Path, schema: pa.Schema, columns: Iterator[dict[str, list[Any]]]) -> None:
    """Write chunks of columns as one Arrow file that `datasets` maps into memory."""
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, schema) as writer:
        for chunk in columns:
            writer.write_batch(pa.record_batch(chunk, schema=schema))


def read_pairs(path: Path) -> Iterator[Pair]:
    """Yield the pairs of an Arrow file. Mapped, its pages would count as our memory."""
    with pa.OSFile(str(path), "rb") as file, pa.ipc.open_stream(file) as stream:
        for part in stream:
            columns = (part.column(name).to_pylist() for name in RAW_SCHEMA.names)
            for row in zip(*columns, strict=True):
                yield Pair(*row)
