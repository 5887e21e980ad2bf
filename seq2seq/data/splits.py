"""Assignment of pairs to splits: cleaning, duplicates, held-out text and leakage."""

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seq2seq.config.training import CleaningOptions, HeldOutOptions
from seq2seq.data.arrow_files import chunks
from seq2seq.data.cleaning_report import REPORTED_EXAMPLES, CleaningReport
from seq2seq.data.corpus import Pair
from seq2seq.data.pair_scores import read_weights
from seq2seq.data.scan import ChunkScan, Hashes, ScanSettings, scan_chunk
from seq2seq.text.transforms import TextTransform

DROPPED = -1
LOW = "low score"
MANY_SOURCES = 10  # different sources of one target, from which on it is a template
TRAIN_NUMBER, VALIDATION_NUMBER, TEST_NUMBER = 0, 1, 2
SPLIT_NUMBERS = {"train": TRAIN_NUMBER, "validation": VALIDATION_NUMBER, "test": TEST_NUMBER}


class SplitAssignment(NamedTuple):
    """The split that each pair of a corpus belongs to."""

    numbers: Mapping[str, NDArray[np.int8]]  # split number of each pair as read, or DROPPED
    audit: CleaningReport
    reasons: Mapping[str, list[str]]  # why the pairs of a split were dropped, by `codes`
    codes: Mapping[str, NDArray[np.uint8]]  # of each pair as read an index into `reasons`

    def masks(self, split: str) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        """Yield the name of each split as read, and a mask of its pairs that belong to `split`."""
        for name, numbers in self.numbers.items():
            yield name, numbers == SPLIT_NUMBERS[split]


class PairHashes(NamedTuple):
    """64-bit hashes of the pairs of one split, in their order."""

    pair: Hashes  # hashes of both sides, transformed
    source: Hashes  # hashes of `dedup_key` of the source
    target: Hashes  # hashes of `dedup_key` of the target
    unit: Hashes  # hashes of the unit that is held out as a whole: the document, else the source
    template: Hashes  # hashes of both keys with 0 for each number


class _Split(NamedTuple):
    """The pairs of one split while they are assigned."""

    read: Callable[[], Iterable[Pair]]
    numbers: NDArray[np.int8]  # (N,) split number, or DROPPED
    hashes: PairHashes
    reasons: list[str]
    codes: NDArray[np.uint8]  # (N,) index into `reasons`


def assign_splits(
    splits: Mapping[str, Callable[[], Iterable[Pair]]],
    clean: CleaningOptions,
    heldout: HeldOutOptions | None,
    transform: TextTransform,
    scans: Mapping[str, Iterable[ChunkScan]] | None = None,
    pivot: str | None = None,
) -> SplitAssignment:
    """Assign each pair to a split, or drop it.

    Training pairs are filtered by the rules of `clean`, and of equal pairs only the first is kept.
    From the corpus's own validation and test text, only blank pairs are dropped. If the corpus has
    none, training pairs are held out. They are the ones with the smallest hashes of the source, one
    pair per source, so that neither the order of the text nor the machine matters. If pairs name
    documents, whole documents are held out. Then training pairs that leak are dropped: one of their
    sides, compared without case and punctuation, is in held-out text.

    Args:
        splits: train, validation and test, each a function that reads the pairs from the start.
        clean: the rules.
        heldout: how much to hold out; None: nothing.
        transform: applied to both sides before they are checked and hashed.
        scans: the results of `scan_chunk` for the chunks of each split; None: they are made here.
        pivot: of several languages, the one in which pairs of equal text are held out together.
    """
    audit = CleaningReport()
    found: dict[str, _Split] = {}
    for name, read in splits.items():
        settings = ScanSettings(clean, transform, name == "train", pivot=pivot)
        scanned = scans[name] if scans else (scan_chunk(c, settings) for c in chunks(iter(read())))
        found[name] = _collect(name, read, scanned, audit)
    train = found["train"]
    if clean.scores is not None:
        weights = read_weights(Path(clean.scores), len(train.numbers))
        _drop(train, (weights < clean.min_weight) & (train.numbers == TRAIN_NUMBER), LOW, audit)
    if not clean.duplicates:
        is_kept = train.numbers == TRAIN_NUMBER
        _drop(train, _duplicates(train.hashes.pair, is_kept), "duplicate", audit)
    _find_templates(train, clean, audit)
    for name in ("validation", "test"):
        if heldout is not None and not len(found[name].numbers):
            size = heldout.validation if name == "validation" else heldout.test
            _hold_out(train.numbers, train.hashes, SPLIT_NUMBERS[name], size, heldout.share)
    if not clean.overlap:
        _remove_leakage(found, audit, pivot is not None)
    _count_held_out(found, audit)
    return _assignment(found, audit)


def _assignment(found: Mapping[str, _Split], audit: CleaningReport) -> SplitAssignment:
    """Return the numbers of all splits, and why pairs were dropped."""
    return SplitAssignment(
        {name: split.numbers for name, split in found.items()},
        audit,
        {name: split.reasons for name, split in found.items()},
        {name: split.codes for name, split in found.items()},
    )


def _count_held_out(found: Mapping[str, _Split], audit: CleaningReport) -> None:
    """Count the training pairs that became validation or test text."""
    train = found["train"]
    for name, number in (("validation", VALIDATION_NUMBER), ("test", TEST_NUMBER)):
        if not len(found[name].numbers) and (count := int((train.numbers == number).sum())):
            audit.split("train").dropped[f"held out for {name}"] = count
            first = int(np.flatnonzero(train.numbers == number)[0])
            pair = next(p for i, p in enumerate(train.read()) if i == first)
            audit.split("train").examples[f"held out for {name}"] = [(pair.source, pair.target)]
            audit.split(name).read = count


def _collect(
    name: str,
    read: Callable[[], Iterable[Pair]],
    scans: Iterable[ChunkScan],
    audit: CleaningReport,
) -> _Split:
    """Join the scans of the chunks of a split."""
    count, reasons = audit.split(name), [""]
    codes, hashes = array("B"), [array("Q") for _ in PairHashes._fields]
    for scan in scans:
        count.add(scan.counts)
        reasons += [kind for kind in scan.counts.dropped if kind not in reasons]
        index = {reason: code for code, reason in enumerate(reasons)}
        codes.extend(index[kind or ""] for kind in scan.kinds)
        for values, of_chunk in zip(hashes, scan.hashes, strict=True):
            values.frombytes(of_chunk.tobytes())
    code = np.array(codes, np.uint8)
    numbers = np.where(code > 0, DROPPED, SPLIT_NUMBERS[name]).astype(np.int8)
    arrays = [np.frombuffer(v, np.uint64) if v else np.empty(0, np.uint64) for v in hashes]
    return _Split(read, numbers, PairHashes(*arrays), reasons, code)


def _duplicates(hashes: Hashes, kept: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return a mask of the `kept` pairs whose hash an earlier kept pair has too, (N,) bool."""
    rows = np.flatnonzero(kept)
    order = rows[np.argsort(hashes[rows], kind="stable")]
    again = np.zeros(len(hashes), dtype=np.bool_)
    again[order[1:][hashes[order[1:]] == hashes[order[:-1]]]] = True
    return again


def _hold_out(
    numbers: NDArray[np.int8], hashed: PairHashes, number: int, size: int, share: float
) -> None:
    """Move the first pair of each of the sources with the smallest hashes out of training.

    A document is moved whole, if it fits into `size` and `share`.
    """
    unit = hashed.unit
    taken = np.isin(unit, unit[numbers > TRAIN_NUMBER])  # held out for another split already
    rows = np.flatnonzero((numbers == TRAIN_NUMBER) & ~taken)
    _, first, which, sizes = np.unique(unit[rows], True, True, True)
    alone = hashed.source[rows[first]] == unit[rows[first]]
    sizes[alone] = 1
    # At least one unit is held out, even if it is too large, where three or more units exist.
    count = min(size, int(share * sizes.sum()))
    count = max(int(np.searchsorted(sizes.cumsum(), count, "right")), int(len(sizes) > 2))
    moved = which < count
    moved &= ~alone[which] | (np.arange(len(rows)) == first[which])
    numbers[rows[moved]] = number


def _remove_leakage(
    found: Mapping[str, _Split], audit: CleaningReport, across: bool = False
) -> None:
    """Drop training pairs with a side in held-out text, and held-out validation pairs in test.

    With `across` a source is also compared with held-out targets, and a target with sources.
    """
    train = found["train"]
    for number, others in (
        (VALIDATION_NUMBER, (TEST_NUMBER,)),
        (TRAIN_NUMBER, (VALIDATION_NUMBER, TEST_NUMBER)),
    ):
        if number == VALIDATION_NUMBER and len(found["validation"].numbers):
            continue  # the corpus has its own validation text, which stays as it is
        is_held_out = np.zeros(len(train.numbers), dtype=np.bool_)
        for side in ("source", "target"):
            sides = ("source", "target") if across else (side,)
            hashes = [
                getattr(split.hashes, each)[np.isin(split.numbers, others)]
                for split in found.values()
                for each in sides
            ]
            is_held_out |= np.isin(getattr(train.hashes, side), np.concatenate(hashes))
        _drop(train, is_held_out & (train.numbers == number), "in held-out text", audit)


def _find_templates(train: _Split, clean: CleaningOptions, audit: CleaningReport) -> None:
    """Count, or drop, pairs that are nearly those before, and targets of many sources."""
    for kind, find in (("near-duplicates", _near_duplicates), ("many-to-one", _many_to_one)):
        rows = find(train)
        if kind in clean.drop:
            _drop(train, rows, kind, audit)
        elif rows.any():
            audit.split("train").noticed[kind] = int(rows.sum())
            audit.split("train").examples[kind] = _examples(train, rows)


def _near_duplicates(train: _Split) -> NDArray[np.bool_]:
    """Return the kept pairs that equal an earlier one but for numbers, case and signs, (N,)."""
    return _duplicates(train.hashes.template, train.numbers == TRAIN_NUMBER)


def _many_to_one(train: _Split) -> NDArray[np.bool_]:
    """Return the kept pairs whose target has many sources, but the first of each target, (N,)."""
    kept = train.numbers == TRAIN_NUMBER
    targets, counts = np.unique(train.hashes.target[kept], return_counts=True)
    targets = targets[counts >= MANY_SOURCES]
    rows = np.zeros(len(kept), np.bool_)
    if not len(targets):
        return rows
    at = np.minimum(np.searchsorted(targets, train.hashes.target), len(targets) - 1)
    candidates = np.flatnonzero(kept & (targets[at] == train.hashes.target))
    both = np.stack([train.hashes.target[candidates], train.hashes.source[candidates]], axis=1)
    of_pairs = np.unique(both, axis=0)
    unique, sources = np.unique(of_pairs[:, 0], return_counts=True)
    many = unique[sources >= MANY_SOURCES]
    rows[candidates[np.isin(both[:, 0], many)]] = True
    return rows & _duplicates(train.hashes.target, rows)


def _drop(split: _Split, is_dropped: NDArray[np.bool_], rule: str, audit: CleaningReport) -> None:
    """Drop training pairs; only the first few are read again, as examples."""
    if not is_dropped.any():
        return
    split.numbers[is_dropped] = DROPPED
    split.reasons.append(rule)
    split.codes[is_dropped] = len(split.reasons) - 1
    count = audit.split("train")
    count.dropped[rule] = count.dropped.get(rule, 0) + int(is_dropped.sum())
    count.examples.setdefault(rule, _examples(split, is_dropped))


def _examples(split: _Split, rows: NDArray[np.bool_]) -> list[tuple[str, str]]:
    """Return the texts of the first few of some pairs, which are read again."""
    chosen = set(np.flatnonzero(rows)[:REPORTED_EXAMPLES].tolist())
    examples = []
    for index, pair in enumerate(islice(split.read(), max(chosen) + 1)):
        if index in chosen:
            examples.append((pair.source, pair.target))
    return examples
