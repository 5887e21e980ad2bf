"""What readers of files share: finding them, and knowing them again."""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from seq2seq.data.corpus import SPLITS, Pair, ParallelCorpus, Repeatable
from seq2seq.errors import TextError
from seq2seq.storage.files import SUFFIXES
from seq2seq.storage.regular import open_regular

# JSON and Python can write it as an escape, but it is no character: nothing can store it as UTF-8.
SURROGATE = re.compile("[\ud800-\udfff]")


def sha256_of_file(path: Path) -> str:
    """Return the SHA-256 of a file, which every reader asks for before it reads.

    Raises:
        TextError: there is no such file, or it is a pipe or a device, which cannot be read twice.
    """
    try:
        with open_regular(path) as file:
            return hashlib.file_digest(cast(Any, file), "sha256").hexdigest()
    except OSError as error:
        raise TextError(f"{path} cannot be read: {error.strerror}") from None


def find_compressed(path: Path) -> Path | None:
    """`path`, or the same with the ending of a compression, whichever exists."""
    there = (path.with_name(path.name + suffix) for suffix in SUFFIXES)
    return next((p for p in there if p.is_file()), None)


def corpus_of_files(
    read: Callable[..., Iterator[Pair]],
    names: Mapping[str, str | None],
    path: str,
    options: tuple[Any, ...],
    about: tuple[str, str, str],
) -> ParallelCorpus:
    """A corpus with one file a split.

    Args:
        read: gives the pairs of a file: `read(path, *options)`.
        names: of the files, by split; None where the corpus has no such split.
        path: the folder that they are in.
        options: of `read`.
        about: language of the source, of the target, licence.
    """
    splits, origin = {}, {}
    for split, name in names.items():
        if name is not None:
            file = Path(path) / name
            splits[split] = Repeatable(read, file, *options)
            origin[f"{split}: {file.name} {' '.join(str(o) for o in options)}".strip()] = (
                sha256_of_file(file)
            )
    return parallel_corpus(splits, origin, about)


def parallel_corpus(
    splits: Mapping[str, Iterable[Pair]], origin: dict[str, str], about: tuple[str, str, str]
) -> ParallelCorpus:
    """A corpus that has training text.

    Raises:
        TextError: it has none.
    """
    if "train" not in splits:
        raise TextError("the corpus has no training text: data.train is null")
    ordered = {name: splits[name] for name in SPLITS if name in splits}
    return ParallelCorpus(ordered, *about, origin)


def value_at(row: Any, field: str, where: str) -> str:
    """The text at the dotted `field` of a record, without line breaks.

    Raises:
        TextError: it is not there or no text; `where`, a file and a place in it, says which record
            it is.
    """
    value = row
    for name in field.split("."):
        if not isinstance(value, dict) or name not in value:
            there = ", ".join(value) if isinstance(value, dict) else type(value).__name__
            raise TextError(f"{where} has no field {field}; it has {there}")
        value = value[name]
    if value is None:  # as good as an empty text: the pair is dropped and counted as blank
        return ""
    if not isinstance(value, str):
        raise TextError(f"{where}: {field} is not text but {repr(value)[:60]}")
    if half := SURROGATE.search(value):
        raise TextError(f"{where}: {field} has half of a surrogate pair, {half[0]!r}")
    return one_line(value)


def document_at(row: Any, field: str | None, where: str) -> str | None:
    """What document a record is of, a text or a number at the dotted `field`; None: not asked for.

    Raises:
        TextError: it is not there.
    """
    if field is None:
        return None
    inner = row
    for name in field.split("."):
        inner = inner.get(name) if isinstance(inner, dict) else None
    return str(inner) if isinstance(inner, int) else value_at(row, field, where)


def without_trailing_none(*options: Any) -> tuple[Any, ...]:
    """The options of a reader without those at the end that are None."""
    while options and options[-1] is None:
        options = options[:-1]
    return options


def one_line(text: str) -> str:
    r"""`text` with a space for each \n and \r, so that it is one line wherever it is written."""
    return text.replace("\r\n", " ").replace("\n", " ").replace("\r", " ")
