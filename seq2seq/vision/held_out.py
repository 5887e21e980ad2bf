"""Held-out images, where a corpus has none of its own for validation or test."""

import hashlib
from collections.abc import Container

from seq2seq.data.corpus import SPLITS

HELD_OUT_SHARE = 0.05  # of the training images, for each of validation and test


def split_of_name(name: str, existing: Container[str]) -> str:
    """Return the split of a training image by its hash: one that does not exist yet, or train."""
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") / 2**32
    missing = [split for split in ("validation", "test") if split not in existing]
    for index, split in enumerate(missing):
        if number < HELD_OUT_SHARE * (index + 1):
            return split
    return "train"


def split_rows(count: int, existing: Container[str]) -> dict[str, list[int]]:
    """Return the `count` training rows by split: train, and the splits that do not exist yet."""
    splits = [split for split in SPLITS if split == "train" or split not in existing]
    rows: dict[str, list[int]] = {split: [] for split in splits}
    for row in range(count):
        rows[split_of_name(str(row), existing)].append(row)
    return rows
