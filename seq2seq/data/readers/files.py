"""Shared parts of the readers of files: paths, fingerprints and splits."""

import hashlib
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from seq2seq.data.corpus import SPLITS, Pair, ParallelCorpus, Repeatable
from seq2seq.errors import TextError
from seq2seq.storage.files import SUFFIXES
from seq2seq.storage.regular import open_regular

# A lone surrogate: JSON and Python can write it as an escape, but UTF-8 cannot encode it.
SURROGATE = re.compile("[\ud800-\udfff]")


def sha256_of_file(path: Path) -> str:
    """Compute the SHA-256 of a file; every reader does so before it reads.

    Raises:
        TextError: there is no such file, or it is a pipe or a device, which cannot be read twice.
    """
    try:
        with open_regular(path) as file:
            return hashlib.file_digest(cast(Any, file), "sha256").hexdigest()
    except OSError as error:
        raise TextError(f"{path} cannot be read: {error.strerror}") from None


def find_compressed(path: Path) -> Path | None:
    """Return `path`, or the same with the suffix of a compression, whichever exists.

    A file comes before anything else of such a name, as a pipe, which reading refuses by its kind.
    """
    candidates = [path.with_name(path.name + suffix) for suffix in SUFFIXES]
    existing = [candidate for candidate in candidates if os.path.lexists(candidate)]
    return next((candidate for candidate in existing if candidate.is_file()), None) or next(
        iter(existing), None
    )


def corpus_of_files(
    read: Callable[..., Iterator[Pair]],
    names: Mapping[str, str | None],
    path: str,
    options: Callable[[Path], tuple[Any, ...]],
    about: tuple[str, str, str],
) -> ParallelCorpus:
    """Return a corpus with one file for each split.

    Args:
        read: a function of a file and options, which yields the pairs of the file.
        names: names of the files, by split; None if the corpus has no such split.
        path: the folder of the files.
        options: a function of a file, which returns the options of `read` for it.
        about: (source language, target language, licence).

    Raises:
        TextError: a file is missing, or a file for validation or test has only blank pairs.
    """
    splits, origin = {}, {}
    for split, name in names.items():
        if name is not None:
            file = Path(path) / name
            digest = sha256_of_file(file)
            arguments = options(file)
            splits[split] = Repeatable(read, file, *arguments)
            label = f"{split}: {file.name} {' '.join(str(o) for o in arguments)}".strip()
            origin[label] = digest
            require_pairs(split, splits[split], file)
    return parallel_corpus(splits, origin, about)


def parallel_corpus(
    splits: Mapping[str, Iterable[Pair]], origin: dict[str, str], about: tuple[str, str, str]
) -> ParallelCorpus:
    """Return a corpus, which must have training text.

    Raises:
        TextError: the corpus has no training text.
    """
    if "train" not in splits:
        raise TextError("the corpus has no training text: data.train is null")
    ordered = {name: splits[name] for name in SPLITS if name in splits}
    return ParallelCorpus(ordered, *about, origin)


def require_pairs(split: str, pairs: Iterable[Pair], name: object, no_split: str = "null") -> None:
    """Check that validation or test text has a pair that is not blank.

    Args:
        split: name of the split. Training text is checked after cleaning.
        pairs: pairs of the split, read up to the first that is not blank.
        name: name of the file, for the message.
        no_split: value of `data.SPLIT` that means "no such split", for the message.

    Raises:
        TextError: all pairs are blank.
    """
    if split == "train" or any(
        pair.flaw is None and pair.source.strip() and pair.target.strip() for pair in pairs
    ):
        return
    raise empty_split(split, name, no_split)


def empty_split(split: str, name: object, no_split: str = "null") -> TextError:
    """Return the error about validation or test text without content; see `require_pairs`."""
    return TextError(
        f"{name} is empty, and is the {split} text: data.{split}={no_split} holds out training "
        "text instead"
    )


def add_origin(origin: dict[str, str], label: str, digest: str) -> None:
    """Add a file to an origin; files of the same name in two folders get two labels."""
    number, unique = 1, label
    while unique in origin:
        number += 1
        unique = f"{label} ({number})"
    origin[unique] = digest


def is_renamed(before: Mapping[str, str], now: Mapping[str, str]) -> bool:
    """Return whether two origins have the same bytes in the same splits under other file names.

    Options in the labels, such as columns, are not compared. Equal origins are not renamed.
    """

    def contents(origin: Mapping[str, str]) -> list[tuple[str, str]]:
        return [(label.partition(": ")[0], digest) for label, digest in origin.items()]

    return dict(before) != dict(now) and contents(before) == contents(now)


def without_line_breaks(text: str) -> str:
    r"""Return `text` with a space for each \n and \r, so that it is one line in every file."""
    return text.replace("\r\n", " ").replace("\n", " ").replace("\r", " ")
