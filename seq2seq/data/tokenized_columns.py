"""The columns of prepared pairs: their text and their tokens."""

from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from seq2seq.data.arrow_files import RAW_SCHEMA, BatchFile
from seq2seq.text.source_tags import tag_ids
from seq2seq.text.tokenizer import Tokenizer
from seq2seq.text.transforms import TextTransforms
from seq2seq.text.truecase import FormCounts

PREPARED_SCHEMA = pa.schema(
    {
        **dict(zip(RAW_SCHEMA.names, RAW_SCHEMA.types, strict=True)),
        "source_ids": pa.list_(pa.int32()),
        "target_ids": pa.list_(pa.int32()),
        "source_length": pa.int32(),
        "target_length": pa.int32(),
    }
)


class TokenizedBatch(NamedTuple):
    """Prepared pairs, and the forms of the words of their sources, if they are counted."""

    batch: pa.RecordBatch  # of `PREPARED_SCHEMA`
    forms: FormCounts | None


class BatchTokenizer:
    """Tokenisation of the batches of a split, in this process or another."""

    def __init__(
        self, masked: BatchFile, folder: Path, transform: TextTransforms, is_training: bool
    ) -> None:
        """Take the pairs of a split.

        Args:
            masked: pairs of `MASKED_SCHEMA`.
            folder: has the tokenizers, source.model and perhaps target.model.
            transform: applied to the masked sides.
            is_training: the text that is stored is the masked one, transformed, and the forms of
                its words are counted; other text stays raw.
        """
        self.masked, self.folder = masked, folder
        self.transform, self.is_training = transform, is_training

    def __call__(self, index: int) -> TokenizedBatch:
        """Tokenise a batch."""
        batch = self.masked.batch(index)
        source, target = _tokenizers_of_process(self.folder)
        sources, targets = (
            self.transform.apply(batch.column(f"masked_{side}").to_pylist())
            for side in ("source", "target")
        )
        source_ids, target_ids = source.encode(sources), target.encode(targets)
        for row, tags in enumerate(batch.column("tags").to_pylist()):
            if tags and source_ids[row]:
                source_ids[row] = tag_ids(source, tags) + source_ids[row]
        columns: dict[str, Any] = {name: batch.column(name) for name in RAW_SCHEMA.names}
        if self.is_training:
            columns |= {"source": sources, "target": targets}
        columns |= {
            "source_ids": source_ids,
            "target_ids": target_ids,
            "source_length": [len(ids) for ids in source_ids],
            "target_length": [len(ids) for ids in target_ids],
        }
        forms = FormCounts.of(sources) if self.is_training else None
        return TokenizedBatch(pa.record_batch(columns, schema=PREPARED_SCHEMA), forms)


def load_tokenizers(folder: Path) -> tuple[Tokenizer, Tokenizer]:
    """Return the tokenizers of both sides of a folder, one object where it has one vocabulary."""
    source = Tokenizer.load(folder / "source.model")
    target = folder / "target.model"
    return source, Tokenizer.load(target) if target.is_file() else source


@lru_cache(maxsize=1)
def _tokenizers_of_process(folder: Path) -> tuple[Tokenizer, Tokenizer]:
    """Return the tokenizers of a folder that does not change while it is used."""
    return load_tokenizers(folder)
