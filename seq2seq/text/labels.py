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
from seq2seq.errors import TextError
from seq2seq.text.cache import mark_of, once
from seq2seq.text.clean import normalise
from seq2seq.text.corpus import SPLITS, Labelled, Pair
from seq2seq.text.prepare import CHUNK, write_arrow
from seq2seq.text.tokenizer import Tokenizer, train_tokenizer

FORMAT = 2  # of the prepared files; another number makes everything anew
MOST = 10_000  # labels

COLUMNS = pa.schema(
    {
        "text": pa.string(),
        "label": pa.int32(),
        "ids": pa.list_(pa.int32()),
        "length": pa.int32(),
    }
)


class Sorted(NamedTuple):
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


def prepare_labelled(labelled: Labelled, options: TokenizerOptions, cache: Path) -> Sorted:
    """Tokenise `labelled`, or find it in `cache` where that was done before.

    Lines are brought into their normal form; blank ones are left out.

    Raises:
        TextError: there are no lines, or not two labels, the text cannot be read, or the disk is
            full.
    """
    facts = [FORMAT, labelled.origin, options.kind, options.size]
    mark = mark_of(facts)
    folder = cache / "labelled" / mark
    once(folder, "labels.json", lambda made: _make(labelled, options, made))
    told = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
    splits = {name: datasets.Dataset.from_file(str(folder / f"{name}.arrow")) for name in SPLITS}
    tokenizer = Tokenizer.load(folder / "tokenizer.model")
    about = (labelled.licence, labelled.origin, mark)
    return Sorted(splits, told["labels"], told["counts"], tokenizer, told["notices"], *about)


def _make(labelled: Labelled, options: TokenizerOptions, folder: Path) -> None:
    counts: dict[str, Counter[str]] = {name: Counter() for name in SPLITS}
    for name in SPLITS:
        for pair in _normal(labelled.splits[name]):
            counts[name][pair.target] += 1
    labels = sorted(counts["train"])
    if not 2 <= len(labels) <= MOST:
        raise TextError(
            f"there must be 2 to {MOST:,} labels in the training lines, not {len(labels)}"
        )
    for name in ("validation", "test"):
        if unknown := set(counts[name]) - set(labels):
            raise TextError(f"no training line has the label {min(unknown)}, which {name} has")
        if not counts[name]:
            raise TextError(f"there are no lines for {name}")
    total = counts["train"].total()
    text = (pair.source for pair in _normal(labelled.splits["train"]))
    made = train_tokenizer(text, options.kind, options.size, total, total)
    made.tokenizer.save(folder / "tokenizer.model")
    numbers = {label: number for number, label in enumerate(labels)}
    for name in SPLITS:
        rows = _rows(_normal(labelled.splits[name]), made.tokenizer, numbers)
        write_arrow(folder / f"{name}.arrow", COLUMNS, rows)
    told = {"labels": labels, "counts": counts, "notices": made.notices}
    (folder / "labels.json").write_text(json.dumps(told), encoding="utf-8")


def _normal(pairs: Iterable[Pair]) -> Iterator[Pair]:
    for pair in pairs:
        if text := normalise(pair.source):
            yield Pair(text, pair.target)


def _rows(
    pairs: Iterator[Pair], tokenizer: Tokenizer, numbers: Mapping[str, int]
) -> Iterator[dict[str, list[Any]]]:
    while chunk := list(islice(pairs, CHUNK)):
        ids = tokenizer.encode([pair.source for pair in chunk])
        yield {
            "text": [pair.source for pair in chunk],
            "label": [numbers[pair.target] for pair in chunk],
            "ids": ids,
            "length": [len(row) for row in ids],
        }
