"""The columns of prepared pairs: their text and their tokens."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from seq2seq.data.arrow_files import RAW_SCHEMA, chunks
from seq2seq.data.corpus import Pair
from seq2seq.text.source_tags import tag_ids
from seq2seq.text.tokenizer import Tokenizer
from seq2seq.text.transforms import TextTransforms

PREPARED_SCHEMA = pa.schema(
    {
        **dict(zip(RAW_SCHEMA.names, RAW_SCHEMA.types, strict=True)),
        "source_ids": pa.list_(pa.int32()),
        "target_ids": pa.list_(pa.int32()),
        "source_length": pa.int32(),
        "target_length": pa.int32(),
    }
)


def tokenized_columns(
    pairs: Iterator[Pair],
    protected: Iterator[Pair],
    tokenizers: tuple[Tokenizer, Tokenizer],
    transform: TextTransforms,
    is_training: bool,
) -> Iterator[dict[str, list[Any]]]:
    """Yield columns of `PREPARED_SCHEMA`.

    The tokens are those of the protected pairs, transformed, and so is training text; other text
    stays raw.
    """
    for chunk, of_chunk in zip(chunks(pairs), chunks(protected), strict=True):
        sources = transform.apply(pair.source for pair in of_chunk)
        targets = transform.apply(pair.target for pair in of_chunk)
        source_ids, target_ids = tokenizers[0].encode(sources), tokenizers[1].encode(targets)
        for row, pair in enumerate(chunk):
            if pair.tags and source_ids[row]:
                source_ids[row] = tag_ids(tokenizers[0], pair.tags) + source_ids[row]
        yield {
            "source": sources if is_training else [pair.source for pair in chunk],
            "target": targets if is_training else [pair.target for pair in chunk],
            "document": [pair.document for pair in chunk],
            "weight": [pair.weight for pair in chunk],
            "corpus": [pair.corpus for pair in chunk],
            "tags": [pair.tags for pair in chunk],
            "languages": [pair.languages for pair in chunk],
            "source_ids": source_ids,
            "target_ids": target_ids,
            "source_length": [len(ids) for ids in source_ids],
            "target_length": [len(ids) for ids in target_ids],
        }
