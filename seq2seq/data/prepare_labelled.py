"""Preparation of labelled lines: tokenised into Arrow files, and cached."""

import json
import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import datasets
import pyarrow as pa

from seq2seq.config.training import DEFAULT_TRANSFORMS
from seq2seq.config.training import TokenizerOptions as TokenizerOptions
from seq2seq.data.arrow_files import CHUNK_PAIRS, write_arrow
from seq2seq.data.cache import cache_fingerprint, load_or_build
from seq2seq.data.corpus import SPLITS, LabelledCorpus, Pair
from seq2seq.errors import TextError
from seq2seq.storage.regular import escaped
from seq2seq.text.given_pieces import GivenPieces, given_or_trained
from seq2seq.text.tokenizer import Tokenizer
from seq2seq.text.tokenizer_training import PieceOptions, train_tokenizer
from seq2seq.text.transforms import TextTransforms

LABELLED_FORMAT = 2  # of the prepared files; with another number all data is prepared again
MAX_LABELS = 10_000

log = logging.getLogger("seq2seq.data")

SCHEMA = pa.schema(
    {
        "text": pa.string(),
        "label": pa.int32(),
        "ids": pa.list_(pa.int32()),
        "length": pa.int32(),
    }
)


class PreparedLabels(NamedTuple):
    """Tokenised splits of labelled lines, their tokenizer, and where the lines came from."""

    splits: Mapping[str, datasets.Dataset]  # memory-mapped
    labels: list[str]
    counts: Mapping[str, Mapping[str, int]]  # lines by split and label
    tokenizer: Tokenizer
    notices: list[str]
    licence: str
    origin: dict[str, str]
    fingerprint: str

    def table(self) -> str:
        """Return the number of lines of each label and split as a text table."""
        rows = [f"{'label':<20}" + "".join(f"{name:>12}" for name in SPLITS)]
        for label in self.labels:
            counts = "".join(f"{self.counts[name].get(label, 0):>12,}" for name in SPLITS)
            rows.append(f"{label:<20}{counts}")
        return "\n".join(rows)


def prepare_labelled(
    labelled: LabelledCorpus,
    options: TokenizerOptions,
    cache: Path,
    given: GivenPieces | None = None,
) -> PreparedLabels:
    """Tokenise the transformed lines of `labelled`, or load the result from `cache`.

    Blank lines are left out. The tokenizer is the `given` one, or a new one.

    Raises:
        TextError: there are no lines, or not two labels, the text cannot be read, or the disk is
            full.
    """
    facts: list[Any] = [LABELLED_FORMAT, labelled.origin, options.kind, options.vocab_size]
    if options.transforms != list(DEFAULT_TRANSFORMS):  # the first version always applied these
        facts.append(options.transforms)
    if options.split_digits:
        facts.append("split_digits")
    key = cache_fingerprint(facts)
    folder = cache / "labelled" / (cache_fingerprint([key, given.facts()]) if given else key)

    def load() -> PreparedLabels:
        facts = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
        splits = {
            name: datasets.Dataset.from_file(str(folder / f"{name}.arrow")) for name in SPLITS
        }
        tokenizer = Tokenizer.load(folder / "tokenizer.model")
        return PreparedLabels(
            splits,
            facts["labels"],
            facts["counts"],
            tokenizer,
            facts["notices"],
            labelled.licence,
            labelled.origin,
            key,
        )

    return load_or_build(
        folder, "labels.json", lambda temporary: _build(labelled, options, temporary, given), load
    )


def _build(
    labelled: LabelledCorpus, options: TokenizerOptions, folder: Path, given: GivenPieces | None
) -> None:
    """Write the files of prepared lines into `folder`, an empty one."""
    transform = TextTransforms(options.transforms)
    counts: dict[str, Counter[str]] = {name: Counter() for name in SPLITS}
    for name in SPLITS:
        for pair in _transformed(labelled.splits[name], transform):
            counts[name][pair.target] += 1
    labels = sorted(counts["train"])
    if not 2 <= len(labels) <= MAX_LABELS:
        raise TextError(
            f"there must be 2 to {MAX_LABELS:,} labels in the training lines, not {len(labels)}"
        )
    for name in ("validation", "test"):
        if unknown := set(counts[name]) - set(labels):
            label = escaped(min(unknown))
            raise TextError(f"no training line has the label {label}, which {name} has")
        if not counts[name]:
            raise TextError(f"there are no lines for {name}")
    total = counts["train"].total()
    if given is None:
        log.info("training the tokenizer on %s lines", f"{total:,}")
    text = (pair.source for pair in _transformed(labelled.splits["train"], transform))
    digits = PieceOptions(split_digits=options.split_digits)
    trained = given_or_trained(
        given,
        lambda: train_tokenizer(
            text, options.kind, options.vocab_size, total, total, pieces=digits
        ),
    )
    trained.tokenizer.save(folder / "tokenizer.model")
    numbers = {label: number for number, label in enumerate(labels)}
    for name in SPLITS:
        rows = _columns(_transformed(labelled.splits[name], transform), trained.tokenizer, numbers)
        batches = (pa.record_batch(columns, schema=SCHEMA) for columns in rows)
        write_arrow(folder / f"{name}.arrow", SCHEMA, batches)
    facts = {"labels": labels, "counts": counts, "notices": trained.notices}
    (folder / "labels.json").write_text(json.dumps(facts), encoding="utf-8")


def _transformed(pairs: Iterable[Pair], transform: TextTransforms) -> Iterator[Pair]:
    """Yield the lines that are not blank, transformed, with their labels."""
    for pair in pairs:
        if text := transform(pair.source):
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
