"""Lines with labels to pieces and numbers on disk, cached by what went in."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import datasets
import pyarrow as pa

from seq2seq.config.training import TokenizerOptions as TokenizerOptions
from seq2seq.data.cache import fingerprint, load_or_build
from seq2seq.data.corpus import SPLITS, LabelledCorpus, Pair
from seq2seq.data.prepare_parallel import CHUNK_PAIRS, write_arrow
from seq2seq.errors import TextError
from seq2seq.text.normalization import normalize
from seq2seq.text.tokenizer import Tokenizer, train_tokenizer

CACHE_FORMAT = 2  # of the prepared files; another number makes everything anew
MAX_LABELS = 10_000  # labels

SCHEMA = pa.schema(
    {
        "text": pa.string(),
        "label": pa.int32(),
        "ids": pa.list_(pa.int32()),
        "length": pa.int32(),
    }
)


class PreparedLabels(NamedTuple):
    """Lines that a classifier can be trained on, and where they came from."""

    splits: Mapping[str, datasets.Dataset]  # memory-mapped
    labels: list[str]
    counts: Mapping[str, Mapping[str, int]]  # lines by split and label
    tokenizer: Tokenizer
    notices: list[str]
    licence: str
    origin: dict[str, str]
    fingerprint: str

    def table(self) -> str:
        """Counts for people."""
        rows = [f"{'label':<20}" + "".join(f"{name:>12}" for name in SPLITS)]
        for label in self.labels:
            counts = "".join(f"{self.counts[name].get(label, 0):>12,}" for name in SPLITS)
            rows.append(f"{label:<20}{counts}")
        return "\n".join(rows)


def prepare_labelled(
    labelled: LabelledCorpus, options: TokenizerOptions, cache: Path
) -> PreparedLabels:
    """Tokenise `labelled`, or find it in `cache` where that was done before.

    Lines are brought into their normal form; blank ones are left out.

    Raises:
        TextError: there are no lines, or not two labels, the text cannot be read, or the disk is
            full.
    """
    facts = [CACHE_FORMAT, labelled.origin, options.kind, options.vocab_size]
    mark = fingerprint(facts)
    folder = cache / "labelled" / mark

    def load() -> PreparedLabels:
        told = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
        splits = {
            name: datasets.Dataset.from_file(str(folder / f"{name}.arrow")) for name in SPLITS
        }
        tokenizer = Tokenizer.load(folder / "tokenizer.model")
        about = (labelled.licence, labelled.origin, mark)
        return PreparedLabels(
            splits, told["labels"], told["counts"], tokenizer, told["notices"], *about
        )

    return load_or_build(folder, "labels.json", lambda made: _build(labelled, options, made), load)


def _build(labelled: LabelledCorpus, options: TokenizerOptions, folder: Path) -> None:
    counts: dict[str, Counter[str]] = {name: Counter() for name in SPLITS}
    for name in SPLITS:
        for pair in _normalized(labelled.splits[name]):
            counts[name][pair.target] += 1
    labels = sorted(counts["train"])
    if not 2 <= len(labels) <= MAX_LABELS:
        raise TextError(
            f"there must be 2 to {MAX_LABELS:,} labels in the training lines, not {len(labels)}"
        )
    for name in ("validation", "test"):
        if unknown := set(counts[name]) - set(labels):
            raise TextError(f"no training line has the label {min(unknown)}, which {name} has")
        if not counts[name]:
            raise TextError(f"there are no lines for {name}")
    total = counts["train"].total()
    text = (pair.source for pair in _normalized(labelled.splits["train"]))
    made = train_tokenizer(text, options.kind, options.vocab_size, total, total)
    made.tokenizer.save(folder / "tokenizer.model")
    numbers = {label: number for number, label in enumerate(labels)}
    for name in SPLITS:
        rows = _columns(_normalized(labelled.splits[name]), made.tokenizer, numbers)
        write_arrow(folder / f"{name}.arrow", SCHEMA, rows)
    told = {"labels": labels, "counts": counts, "notices": made.notices}
    (folder / "labels.json").write_text(json.dumps(told), encoding="utf-8")


def _normalized(pairs: Iterable[Pair]) -> Iterator[Pair]:
    for pair in pairs:
        if text := normalize(pair.source):
            yield Pair(text, pair.target)


def _columns(
    pairs: Iterator[Pair], tokenizer: Tokenizer, numbers: Mapping[str, int]
) -> Iterator[dict[str, list[Any]]]:
    while chunk := list(islice(pairs, CHUNK_PAIRS)):
        ids = tokenizer.encode([pair.source for pair in chunk])
        yield {
            "text": [pair.source for pair in chunk],
            "label": [numbers[pair.target] for pair in chunk],
            "ids": ids,
            "length": [len(row) for row in ids],
        }
