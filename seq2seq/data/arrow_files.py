"""Arrow files of pairs: written a chunk at a time, and mapped into memory by `datasets`."""

from collections.abc import Iterator
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


def raw_columns(pairs: Any) -> Iterator[dict[str, list[Any]]]:
    """Yield columns of `RAW_SCHEMA`."""
    for chunk in chunks(iter(pairs)):
        yield _columns(chunk)


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


def write_arrow(path: Path, schema: pa.Schema, columns: Iterator[dict[str, list[Any]]]) -> None:
    """Write chunks of columns as one Arrow file that `datasets` maps into memory."""
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, schema) as writer:
        for chunk in columns:
            writer.write_batch(pa.record_batch(chunk, schema=schema))


def read_pairs(path: Path) -> Iterator[Pair]:
    """Yield the pairs of an Arrow file. Mapped, its pages would count as our memory."""
    with pa.OSFile(str(path), "rb") as file, pa.ipc.open_stream(file) as stream:
        for part in stream:
            yield from batch_pairs(part)


def _pair(row: tuple[Any, ...]) -> Pair:
    source, target, document, weight, corpus, tags, languages = row
    return Pair(source, target, document, weight, corpus, tags=tags, languages=languages)


def batch_pairs(batch: pa.RecordBatch) -> Iterator[Pair]:
    """Yield the pairs of a batch of `RAW_SCHEMA`, or of another that begins with it."""
    columns = (batch.column(name).to_pylist() for name in RAW_SCHEMA.names)
    rows = zip(*columns, strict=True)
    if "flaw_kind" not in batch.schema.names or batch.column("flaw_kind").null_count == len(batch):
        for row in rows:
            yield _pair(row)
        return
    flaws = (batch.column(f"flaw_{name}").to_pylist() for name in Flaw._fields)
    for row, flaw in zip(rows, zip(*flaws, strict=True), strict=True):
        yield _pair(row)._replace(flaw=Flaw(*flaw) if flaw[0] else None)
