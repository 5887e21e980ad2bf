"""Which pairs are kept, and in which split: cleaning, duplicates, and text held out."""

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
from seq2seq.text.normalization import dedup_key, normalize

Hashes = NDArray[np.uint64]
DROPPED = -1
TRAIN, VALIDATION, TEST = 0, 1, 2
SPLIT_NUMBERS = {"train": TRAIN, "validation": VALIDATION, "test": TEST}


class SplitAssignment(NamedTuple):
    """Where each pair that was read goes."""

    places: Mapping[str, NDArray[np.int8]]  # for each split as read: a number, or DROPPED
    audit: CleaningReport

    def pairs(self, split: str, read: Callable[[str], Iterator[Pair]]) -> Iterator[Pair]:
        """The pairs of `split`, in the order in which `read` gives those of each split as read."""
        number = SPLIT_NUMBERS[split]
        for name, places in self.places.items():
            if (places == number).any():
                rows = zip(read(name), places.tolist(), strict=True)
                yield from (pair for pair, place in rows if place == number)


class PairHashes(NamedTuple):
    """64-bit hashes of the pairs of one split, in their order."""

    pair: Hashes  # of both sides, normalised
    source: Hashes  # of `dedup_key` of the source
    target: Hashes  # of `dedup_key` of the target
    whole: Hashes  # of what is set aside together: the document, or where there is none the source


def assign_splits(
    splits: Mapping[str, Callable[[], Iterator[Pair]]],
    clean: CleaningOptions,
    heldout: HeldOutOptions,
) -> SplitAssignment:
    """Decide about each pair.

    Training pairs go through the rules of `clean`. Validation and test text that the corpus brings
    stays whole, blank pairs apart. Where it brings none, training pairs are set aside: those with
    the smallest hashes of their source's key, so that neither the order of the text nor the machine
    matters, and one for each source; where pairs name their documents, whole documents. Then no
    pair is trained on of which a side, compared without case and punctuation, is in held-out text.

    Args:
        splits: for train, validation and test a way of reading the pairs from the front.
        clean: the rules.
        heldout: how much to set aside.
    """
    audit = CleaningReport()
    places: dict[str, NDArray[np.int8]] = {}
    hashed: dict[str, PairHashes] = {}
    for name, read in splits.items():
        places[name], hashed[name] = _scan_pairs(name, read, clean, audit)
    train = places["train"]
    if not clean.duplicates:
        _drop(train, _duplicates(hashed["train"].pair, train == TRAIN), "duplicate", audit, splits)
    for name in ("validation", "test"):
        if not len(places[name]):
            wanted = heldout.validation if name == "validation" else heldout.test
            _hold_out(train, hashed["train"], SPLIT_NUMBERS[name], wanted, heldout.share)
    if not clean.overlap:
        _remove_leakage(places, hashed, audit, splits)
    for name, number in (("validation", VALIDATION), ("test", TEST)):
        if not len(places[name]) and (count := int((train == number).sum())):
            audit.split("train").dropped[f"set aside for {name}"] = count
            first = int(np.flatnonzero(train == number)[0])
            pair = next(p for i, p in enumerate(splits["train"]()) if i == first)
            audit.split("train").examples[f"set aside for {name}"] = [(pair.source, pair.target)]
            audit.split(name).read = count
    return SplitAssignment(places, audit)


def _scan_pairs(
    name: str, read: Callable[[], Iterator[Pair]], clean: CleaningOptions, audit: CleaningReport
) -> tuple[NDArray[np.int8], PairHashes]:
    """Look at each pair of a split by itself."""
    places, hashes = array("b"), (array("Q"), array("Q"), array("Q"), array("Q"))
    number, count = SPLIT_NUMBERS[name], audit.split(name)
    for pair in read():
        count.read += 1
        source, target = normalize(pair.source), normalize(pair.target)
        rule = first_broken_rule(source, target, clean) if name == "train" else None
        if name != "train" and not (source and target):
            rule = "blank"
        if rule:
            count.drop(rule, pair.source, pair.target)
        places.append(DROPPED if rule else number)
        sides = [
            _hash(text) for text in (f"{source}\n{target}", dedup_key(source), dedup_key(target))
        ]
        whole = sides[1] if pair.document is None else _hash(f"\n{pair.document}")
        for values, value in zip(hashes, (*sides, whole), strict=True):
            values.append(value)
    arrays = [np.frombuffer(v, np.uint64) if v else np.empty(0, np.uint64) for v in hashes]
    return np.array(places, dtype=np.int8), PairHashes(*arrays)


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def _duplicates(hashes: Hashes, kept: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which of the `kept` places have a hash that an earlier kept place has too."""
    rows = np.flatnonzero(kept)
    order = rows[np.argsort(hashes[rows], kind="stable")]
    again = np.zeros(len(hashes), dtype=np.bool_)
    again[order[1:][hashes[order[1:]] == hashes[order[:-1]]]] = True
    return again


def _hold_out(
    places: NDArray[np.int8], hashed: PairHashes, number: int, wanted: int, share: float
) -> None:
    """Move the first pair of each of the sources with the smallest hashes from training.

    Of documents all pairs are moved, as long as there are not too many.
    """
    whole = hashed.whole
    taken = np.isin(whole, whole[places > TRAIN])  # for another split already
    rows = np.flatnonzero((places == TRAIN) & ~taken)
    _, first, which, sizes = np.unique(whole[rows], True, True, True)
    alone = hashed.source[rows[first]] == whole[rows[first]]
    sizes[alone] = 1
    # A corpus of a few pairs or documents gives one, if there is another to train on.
    count = min(wanted, int(share * sizes.sum()))
    count = max(int(np.searchsorted(sizes.cumsum(), count, "right")), int(len(sizes) > 2))
    moved = which < count
    moved &= ~alone[which] | (np.arange(len(rows)) == first[which])
    places[rows[moved]] = number


def _remove_leakage(
    places: Mapping[str, NDArray[np.int8]],
    hashed: Mapping[str, PairHashes],
    audit: CleaningReport,
    splits: Mapping[str, Callable[[], Iterator[Pair]]],
) -> None:
    """Drop training pairs with a side in held-out text; carved validation pairs, in test text."""
    train = places["train"]
    for number, others in ((VALIDATION, (TEST,)), (TRAIN, (VALIDATION, TEST))):
        if number == VALIDATION and len(places["validation"]):
            continue  # the corpus brings it: it stays as it is
        seen = np.zeros(len(train), dtype=np.bool_)
        for side in ("source", "target"):
            found = [getattr(hashed[n], side)[np.isin(places[n], others)] for n in places]
            seen |= np.isin(getattr(hashed["train"], side), np.concatenate(found))
        _drop(train, seen & (train == number), "in held-out text", audit, splits)


def _drop(
    places: NDArray[np.int8],
    which: NDArray[np.bool_],
    rule: str,
    audit: CleaningReport,
    splits: Mapping[str, Callable[[], Iterator[Pair]]],
) -> None:
    """Drop `which` training pairs; only the first few are read again, as examples."""
    rows = np.flatnonzero(which)
    places[rows] = DROPPED
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
