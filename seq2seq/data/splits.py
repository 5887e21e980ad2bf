"""Assignment of pairs to splits: cleaning, duplicates, held-out text and leakage."""

import hashlib
from array import array
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seq2seq.config.training import CleaningOptions, HeldOutOptions
from seq2seq.data.cleaning import first_broken_rule
from seq2seq.data.cleaning_report import CleaningReport
from seq2seq.data.corpus import Pair
from seq2seq.text.normalization import dedup_key
from seq2seq.text.transforms import TextTransform

Hashes = NDArray[np.uint64]
DROPPED = -1
TRAIN_NUMBER, VALIDATION_NUMBER, TEST_NUMBER = 0, 1, 2
SPLIT_NUMBERS = {"train": TRAIN_NUMBER, "validation": VALIDATION_NUMBER, "test": TEST_NUMBER}


class SplitAssignment(NamedTuple):
    """The split that each pair of a corpus belongs to."""

    numbers: Mapping[str, NDArray[np.int8]]  # split number of each pair as read, or DROPPED
    audit: CleaningReport

    def pairs(self, split: str, read: Callable[[str], Iterator[Pair]]) -> Iterator[Pair]:
        """Yield the pairs of `split`, in the order in which `read` yields a split as read."""
        number = SPLIT_NUMBERS[split]
        for name, numbers in self.numbers.items():
            if (numbers == number).any():
                rows = zip(read(name), numbers.tolist(), strict=True)
                yield from (pair for pair, assigned in rows if assigned == number)


class PairHashes(NamedTuple):
    """64-bit hashes of the pairs of one split, in their order."""

    pair: Hashes  # hashes of both sides, transformed
    source: Hashes  # hashes of `dedup_key` of the source
    target: Hashes  # hashes of `dedup_key` of the target
    unit: Hashes  # hashes of the unit that is held out as a whole: the document, else the source


def assign_splits(
    splits: Mapping[str, Callable[[], Iterator[Pair]]],
    clean: CleaningOptions,
    heldout: HeldOutOptions,
    transform: TextTransform,
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
        heldout: how much to hold out.
        transform: applied to both sides before they are checked and hashed.
    """
    audit = CleaningReport()
    numbers: dict[str, NDArray[np.int8]] = {}
    hashed: dict[str, PairHashes] = {}
    for name, read in splits.items():
        numbers[name], hashed[name] = _scan_pairs(name, read, clean, audit, transform)
    train = numbers["train"]
    if not clean.duplicates:
        _drop(
            train,
            _duplicates(hashed["train"].pair, train == TRAIN_NUMBER),
            "duplicate",
            audit,
            splits,
        )
    for name in ("validation", "test"):
        if not len(numbers[name]):
            size = heldout.validation if name == "validation" else heldout.test
            _hold_out(train, hashed["train"], SPLIT_NUMBERS[name], size, heldout.share)
    if not clean.overlap:
        _remove_leakage(numbers, hashed, audit, splits)
    for name, number in (("validation", VALIDATION_NUMBER), ("test", TEST_NUMBER)):
        if not len(numbers[name]) and (count := int((train == number).sum())):
            audit.split("train").dropped[f"held out for {name}"] = count
            first = int(np.flatnonzero(train == number)[0])
            pair = next(p for i, p in enumerate(splits["train"]()) if i == first)
            audit.split("train").examples[f"held out for {name}"] = [(pair.source, pair.target)]
            audit.split(name).read = count
    return SplitAssignment(numbers, audit)


def _scan_pairs(
    name: str,
    read: Callable[[], Iterator[Pair]],
    clean: CleaningOptions,
    audit: CleaningReport,
    transform: TextTransform,
) -> tuple[NDArray[np.int8], PairHashes]:
    """Return the split number and the hashes of each pair of a split, without comparing pairs."""
    numbers, hashes = array("b"), (array("Q"), array("Q"), array("Q"), array("Q"))
    number, count = SPLIT_NUMBERS[name], audit.split(name)
    for pair in read():
        count.read += 1
        source, target = transform(pair.source), transform(pair.target)
        rule = first_broken_rule(source, target, clean) if name == "train" else None
        if name != "train" and not (source and target):
            rule = "blank"
        if rule:
            count.drop(rule, pair.source, pair.target)
        numbers.append(DROPPED if rule else number)
        sides = [
            _hash(text) for text in (f"{source}\n{target}", dedup_key(source), dedup_key(target))
        ]
        unit = sides[1] if pair.document is None else _hash(f"\n{pair.document}")
        for values, value in zip(hashes, (*sides, unit), strict=True):
            values.append(value)
    arrays = [np.frombuffer(v, np.uint64) if v else np.empty(0, np.uint64) for v in hashes]
    return np.array(numbers, dtype=np.int8), PairHashes(*arrays)


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


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
    numbers: Mapping[str, NDArray[np.int8]],
    hashed: Mapping[str, PairHashes],
    audit: CleaningReport,
    splits: Mapping[str, Callable[[], Iterator[Pair]]],
) -> None:
    """Drop training pairs with a side in held-out text, and held-out validation pairs in test."""
    train = numbers["train"]
    for number, others in (
        (VALIDATION_NUMBER, (TEST_NUMBER,)),
        (TRAIN_NUMBER, (VALIDATION_NUMBER, TEST_NUMBER)),
    ):
        if number == VALIDATION_NUMBER and len(numbers["validation"]):
            continue  # the corpus has its own validation text, which stays as it is
        is_held_out = np.zeros(len(train), dtype=np.bool_)
        for side in ("source", "target"):
            hashes = [getattr(hashed[n], side)[np.isin(numbers[n], others)] for n in numbers]
            is_held_out |= np.isin(getattr(hashed["train"], side), np.concatenate(hashes))
        _drop(train, is_held_out & (train == number), "in held-out text", audit, splits)


def _drop(
    numbers: NDArray[np.int8],
    is_dropped: NDArray[np.bool_],
    rule: str,
    audit: CleaningReport,
    splits: Mapping[str, Callable[[], Iterator[Pair]]],
) -> None:
    """Drop training pairs; only the first few are read again, as examples."""
    rows = np.flatnonzero(is_dropped)
    numbers[rows] = DROPPED
    if not len(rows):
        return
    count = audit.split("train")
    examples = set(rows[:3].tolist())
    for index, pair in enumerate(splits["train"]()):
        if index in examples:
            count.drop(rule, pair.source, pair.target)
        if index >= max(examples):
            break
    count.dropped[rule] += len(rows) - len(examples)
