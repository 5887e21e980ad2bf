"""A corpus to tokenised Arrow files, cleaned, split, and cached by what went in.

Three passes, so that memory does not grow with the text but for some 40 bytes a pair: read and
check every pair, remembering hashes; train the tokenizer; tokenise what is kept.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import datasets
import pyarrow as pa

from seq2seq.config.training import CleaningOptions, HeldOutOptions
from seq2seq.config.training import TokenizerOptions as TokenizerOptions
from seq2seq.data.cache import fingerprint, load_or_build
from seq2seq.data.cleaning_report import CleaningReport
from seq2seq.data.corpus import SPLITS, Pair, ParallelCorpus
from seq2seq.data.splits import SplitAssignment, assign_splits
from seq2seq.errors import TextError
from seq2seq.text.normalization import normalize
from seq2seq.text.tokenizer import Tokenizer, TrainedTokenizer, train_tokenizer

CACHE_FORMAT = 2  # of the prepared files; another number makes everything anew
CHUNK_PAIRS = 10_000  # pairs that are tokenised and written at a time

RAW_SCHEMA = pa.schema(
    {"source": pa.string(), "target": pa.string(), "document": pa.string(), "weight": pa.float32()}
)
PREPARED_SCHEMA = pa.schema(
    {
        **dict(zip(RAW_SCHEMA.names, RAW_SCHEMA.types, strict=True)),
        "source_ids": pa.list_(pa.int32()),
        "target_ids": pa.list_(pa.int32()),
        "source_length": pa.int32(),
        "target_length": pa.int32(),
    }
)


class PreparedCorpus(NamedTuple):
    """Text that a model can be trained on, and where it came from."""

    train: datasets.Dataset  # normalised text and its pieces; memory-mapped
    validation: datasets.Dataset  # raw text, and the pieces of its normal form
    test: datasets.Dataset
    source_tokenizer: Tokenizer
    target_tokenizer: Tokenizer  # the same object where there is one vocabulary
    audit: CleaningReport
    notices: list[str]
    source: str
    target: str
    licence: str
    origin: dict[str, str]
    fingerprint: str


def prepare_parallel(
    corpus: ParallelCorpus,
    clean: CleaningOptions,
    heldout: HeldOutOptions,
    options: TokenizerOptions,
    cache: Path,
) -> PreparedCorpus:
    """Clean, split and tokenise `corpus`, or find it in `cache` where that was done before.

    Raises:
        TextError: nothing is left to train on, the text cannot be read, or the disk is full.
    """
    # Under the names of the first version: other names would be another fingerprint.
    kept = {"kind": options.kind, "joint": options.joint, "size": options.vocab_size}
    mark = corpus_fingerprint(corpus, [asdict(clean), asdict(heldout), kept])
    folder = cache / "prepared" / mark
    return load_or_build(
        folder,
        "prepared.json",
        lambda made: _build(corpus, clean, heldout, options, made),
        lambda: _load(folder, corpus, mark),
    )


def corpus_fingerprint(corpus: ParallelCorpus, options: Any) -> str:
    """What prepared files depend on, in 32 hexadecimal digits."""
    facts = [
        CACHE_FORMAT,
        corpus.origin,
        corpus.source,
        corpus.target,
        sorted(corpus.splits),
        options,
    ]
    return fingerprint(facts)


def _build(
    corpus: ParallelCorpus,
    clean: CleaningOptions,
    heldout: HeldOutOptions,
    options: TokenizerOptions,
    done: Path,
) -> None:
    raw = {name: done.with_name(f"{name}.raw") for name in SPLITS}
    for name in SPLITS:
        write_arrow(raw[name], RAW_SCHEMA, _raw_columns(corpus.splits.get(name, ())))
    sifted = assign_splits(
        {name: lambda p=path: read_pairs(p) for name, path in raw.items()},  # type: ignore[misc]
        clean,
        heldout,
    )
    train = sifted.audit.split("train")
    count = train.kept
    if not count:
        dropped = "".join(f", {number:,} {rule}" for rule, number in train.dropped.items())
        raise TextError(f"no pair is left to train on: {train.read:,} read{dropped}")
    source, target, notices = _train_tokenizers(raw["train"], sifted, options, count)
    for name in SPLITS:
        rows = _tokenized_columns(
            sifted.pairs(name, lambda n: read_pairs(raw[n])), source, target, name == "train"
        )
        write_arrow(done / f"{name}.arrow", PREPARED_SCHEMA, rows)
    source.save(done / "source.model")
    if target is not source:
        target.save(done / "target.model")
    facts = {"audit": sifted.audit.to_dict(), "notices": notices}
    (done / "prepared.json").write_text(json.dumps(facts), encoding="utf-8")


def _train_tokenizers(
    raw: Path, sifted: SplitAssignment, options: TokenizerOptions, count: int
) -> tuple[Tokenizer, Tokenizer, list[str]]:
    def side(*names: str) -> Iterator[str]:
        for pair in sifted.pairs("train", lambda _: read_pairs(raw)):
            for name in names:
                yield normalize(getattr(pair, name))

    def trained(*names: str) -> TrainedTokenizer:
        return train_tokenizer(
            side(*names), options.kind, options.vocab_size, count * len(names), count
        )

    if options.joint:
        both = trained("source", "target")
        return both.tokenizer, both.tokenizer, both.notices
    source, target = trained("source"), trained("target")
    notices = [f"source: {n}" for n in source.notices] + [f"target: {n}" for n in target.notices]
    return source.tokenizer, target.tokenizer, notices


def _raw_columns(pairs: Any) -> Iterator[dict[str, list[Any]]]:
    for chunk in _chunks(iter(pairs)):
        columns = zip(*chunk, strict=True)
        yield dict(zip(RAW_SCHEMA.names, (list(column) for column in columns), strict=True))


def _tokenized_columns(
    pairs: Iterator[Pair], source: Tokenizer, target: Tokenizer, training: bool
) -> Iterator[dict[str, list[Any]]]:
    """Columns of `PREPARED_SCHEMA`; training text is normalised, other text stays raw."""
    for chunk in _chunks(pairs):
        plain = [(normalize(pair.source), normalize(pair.target)) for pair in chunk]
        sources, targets = (list(side) for side in zip(*plain, strict=True))
        source_ids, target_ids = source.encode(sources), target.encode(targets)
        yield {
            "source": sources if training else [pair.source for pair in chunk],
            "target": targets if training else [pair.target for pair in chunk],
            "document": [pair.document for pair in chunk],
            "weight": [pair.weight for pair in chunk],
            "source_ids": source_ids,
            "target_ids": target_ids,
            "source_length": [len(ids) for ids in source_ids],
            "target_length": [len(ids) for ids in target_ids],
        }


def _chunks(pairs: Iterator[Pair]) -> Iterator[list[Pair]]:
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
    """The pairs of a file, read from front to back: mapped memory would count as ours."""
    with pa.OSFile(str(path), "rb") as file, pa.ipc.open_stream(file) as stream:
        for part in stream:
            columns = (part.column(name).to_pylist() for name in RAW_SCHEMA.names)
            for row in zip(*columns, strict=True):
                yield Pair(*row)


def _load(folder: Path, corpus: ParallelCorpus, mark: str) -> PreparedCorpus:
    facts = json.loads((folder / "prepared.json").read_text(encoding="utf-8"))
    source = Tokenizer.load(folder / "source.model")
    other = folder / "target.model"
    train, validation, test = (
        datasets.Dataset.from_file(str(folder / f"{name}.arrow")) for name in SPLITS
    )
    return PreparedCorpus(
        train,
        validation,
        test,
        source,
        Tokenizer.load(other) if other.is_file() else source,
        CleaningReport.from_dict(facts["audit"]),
        facts["notices"],
        corpus.source,
        corpus.target,
        corpus.licence,
        corpus.origin,
        mark,
    )
