"""The pairs of a split, with symbols in place of the spans that both sides share.

They are kept in a file, since spans take longer to find than pairs to read.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import Executor
from functools import partial
from pathlib import Path

import pyarrow as pa

from seq2seq.config.protect import ProtectOptions
from seq2seq.data.arrow_files import RAW_SCHEMA, BatchFile, batch_pairs, joined_batches
from seq2seq.data.chunk_pool import map_in_order
from seq2seq.data.corpus import Pair
from seq2seq.data.protected_kinds import Protection, rules_of_kinds
from seq2seq.data.raw_pairs import SelectedRows
from seq2seq.text.protection import protect_pair

# Pairs as they were read, and both sides with symbols.
MASKED_SCHEMA = pa.schema(
    [*RAW_SCHEMA, ("masked_source", pa.string()), ("masked_target", pa.string())]
)


class MaskedPairs:
    """Pairs in a file; one chunk at a time is in memory."""

    def __init__(self, file: BatchFile) -> None:
        """Take a file that `write` has written."""
        self.file = file

    @classmethod
    def write(
        cls,
        path: Path,
        rows: Iterable[SelectedRows],
        protection: Protection,
        options: ProtectOptions,
        pool: Executor | None,
    ) -> "MaskedPairs":
        """Write pairs, whose spans are found in the processes of `pool`.

        Without trained symbols the masked sides are the sides as they were read.
        """
        batches = map_in_order(pool, partial(_masked_batch, protection, options), rows)
        return cls(BatchFile.write(path, MASKED_SCHEMA, joined_batches(batches)))

    def sides(self) -> Iterator[tuple[str, str]]:
        """Yield both sides of each pair, masked."""
        for batch in self.file:
            yield from zip(
                batch.column("masked_source").to_pylist(),
                batch.column("masked_target").to_pylist(),
                strict=True,
            )


def _masked_batch(
    protection: Protection, options: ProtectOptions, rows: SelectedRows
) -> pa.RecordBatch:
    batch = rows.batch().select(RAW_SCHEMA.names)
    columns = [batch.column("source"), batch.column("target")]
    if protection.is_trained:
        sides = mask_pairs(protection, options, batch_pairs(batch))
        columns = [pa.array(side, pa.string()) for side in zip(*sides, strict=True)]
    return pa.record_batch([*batch.columns, *columns], schema=MASKED_SCHEMA)


def mask_pairs(
    protection: Protection, options: ProtectOptions, pairs: Iterable[Pair]
) -> list[tuple[str, str]]:
    """Return both sides of pairs with symbols in place of the spans that both share."""
    rules = {
        languages: rules_of_kinds(options, protection.kinds, numbers)
        for languages, numbers in ((None, protection.number_format), *protection.formats.items())
    }
    return [
        protect_pair(pair.source, pair.target, rules.get(pair.languages, rules[None]))
        for pair in pairs
    ]
