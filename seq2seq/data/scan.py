"""The first look at the pairs of a corpus, a chunk at a time: rules for each pair, and hashes."""

import hashlib
import re
from pathlib import PurePath
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seq2seq.config.corpus_options import CleaningOptions
from seq2seq.data.cleaning import first_broken_rule
from seq2seq.data.cleaning_report import SplitCounts
from seq2seq.data.corpus import Pair
from seq2seq.data.side_languages import SideLanguages
from seq2seq.data.text_kinds import KINDS_OF_PAIRS
from seq2seq.text.normalization import dedup_key
from seq2seq.text.transforms import TextTransform

Hashes = NDArray[np.uint64]
_DIGITS = re.compile(r"\d+")


class ScanSettings(NamedTuple):
    """Settings of a scan."""

    clean: CleaningOptions
    transform: TextTransform  # applied to both sides before they are checked and hashed
    is_training: bool  # of other text only blank pairs and flawed rows are dropped
    languages: SideLanguages | None = None  # None: languages are not compared
    pivot: str | None = (
        None  # of several languages, that in which equal pairs are held out together
    )


class ChunkScan(NamedTuple):
    """Result for N consecutive pairs, without comparing them with others."""

    counts: SplitCounts
    kinds: list[str | None]  # (N,) why a pair is dropped; None: it is kept
    hashes: Hashes  # (5, N), see `PairHashes`


def scan_chunk(pairs: list[Pair], settings: ScanSettings) -> ChunkScan:
    """Check and hash consecutive pairs."""
    sides = [(settings.transform(pair.source), settings.transform(pair.target)) for pair in pairs]
    kinds: list[str | None] = [
        pair.flaw.kind if pair.flaw else _broken_rule(source, target, settings)
        for pair, (source, target) in zip(pairs, sides, strict=True)
    ]
    count = SplitCounts(read=len(pairs))
    if settings.is_training:
        _check_texts(pairs, sides, kinds, settings, count)
    for pair, kind in zip(pairs, kinds, strict=True):
        if pair.flaw:
            text = f"{pair.source}\t{pair.target}" if pair.target else pair.source
            where = PurePath(pair.flaw.where).name  # without its folder
            count.drop(pair.flaw.kind, f"{where}{pair.flaw.what}", text)
        elif kind:
            count.drop(kind, pair.source, pair.target)
    hashes = np.array(
        [_hashes(pair, *both, settings.pivot) for pair, both in zip(pairs, sides, strict=True)],
        np.uint64,
    )
    return ChunkScan(count, kinds, hashes.reshape(-1, 5).T)


def _broken_rule(source: str, target: str, settings: ScanSettings) -> str | None:
    if settings.is_training:
        return first_broken_rule(source, target, settings.clean)
    return None if source and target else "blank"


def _check_texts(
    pairs: list[Pair],
    sides: list[tuple[str, str]],
    kinds: list[str | None],
    settings: ScanSettings,
    count: SplitCounts,
) -> None:
    """Set the kind of pairs whose text `clean.drop` drops, and count the kinds of those kept."""
    rows = [row for row, kind in enumerate(kinds) if kind is None]
    sources, targets = [sides[row][0] for row in rows], [sides[row][1] for row in rows]
    found: dict[int, list[str]] = {}
    for index, (source, target) in enumerate(zip(sources, targets, strict=True)):
        for kind, holds in KINDS_OF_PAIRS.items():
            if holds(source, target):
                found.setdefault(index, []).append(kind)
    if settings.languages is not None:
        for kind, indices in settings.languages.misplaced(sources, targets).items():
            for index in indices:
                found.setdefault(index, []).append(kind)
    for index, names in sorted(found.items()):
        row = rows[index]
        kinds[row] = next((name for name in settings.clean.drop if name in names), None)
        if kinds[row] is None:
            for name in names:
                count.notice(name, pairs[row].source, pairs[row].target)


def _hashes(pair: Pair, source: str, target: str, pivot: str | None) -> tuple[int, ...]:
    """Return the hashes of a transformed pair in the order of `PairHashes`."""
    keys = dedup_key(source), dedup_key(target)
    of_sides = hash_text(keys[0]), hash_text(keys[1])
    unit = of_sides[0] if pair.document is None else hash_text(f"\n{pair.document}")
    whole = f"{source}\n{target}"
    if pivot is not None and pair.languages:
        whole = f"{pair.languages}\n{whole}"
        is_target = pair.languages.split(" ")[0] != pivot
        unit = hash_text(f"\n\n{keys[is_target]}")
    templates = [
        hash_text(_DIGITS.sub("0", key)) if _DIGITS.search(key) else of_side
        for key, of_side in zip(keys, of_sides, strict=True)
    ]
    template = (templates[0] * 0x9E3779B97F4A7C15 + templates[1]) % 2**64
    return hash_text(whole), *of_sides, unit, template


def hash_text(text: str) -> int:
    """Return a hash of 64 bits, the same on every machine."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")
