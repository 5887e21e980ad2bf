"""Two files, line n of one the translation of line n of the other."""

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from seq2seq.errors import TextError
from seq2seq.text.corpus import Corpus, Pair, Repeatable
from seq2seq.text.lines import count_lines, read_lines
from seq2seq.text.readers.files import compressed, corpus, digest


def parallel(
    path: str,
    train: str | list[str],
    validation: str | list[str] | None,
    test: str | list[str] | None,
    source: str,
    target: str,
    licence: str,
    documents: bool = False,
) -> Corpus:
    """Read parallel files below the folder `path`.

    A split is a prefix, P for the files P.{source} and P.{target}, or the names of both files. They
    may be compressed (.gz, .bz2, .xz). With `documents`, lines that are blank in both files are
    between documents.

    Raises:
        TextError: a file is missing; later, when it is read: the line counts differ.
    """
    splits: dict[str, Repeatable[Pair]] = {}
    origin: dict[str, str] = {}
    for split, name in (("train", train), ("validation", validation), ("test", test)):
        if name is not None:
            files = find(Path(path), name, source, target)
            splits[split] = Repeatable(in_documents if documents else pairs, *files)
            how = " by documents" if documents else ""
            origin |= {f"{split}: {file.name}{how}": digest(file) for file in files}
    return corpus(splits, origin, (source, target, licence))


def find(folder: Path, name: str | list[str], source: str, target: str) -> tuple[Path, Path]:
    """The two files of a split."""
    names = [f"{name}.{source}", f"{name}.{target}"] if isinstance(name, str) else name
    if len(names) != 2:
        raise TextError(f"a split is a prefix or two files, not {names}")
    files = [compressed(folder / file) for file in names]
    for wanted, file in zip(names, files, strict=True):
        if file is None:
            raise TextError(f"there is no file {folder / wanted} (nor .gz, .bz2 or .xz of it)")
    first, second = (file for file in files if file is not None)
    return first, second


def pairs(source: Path, target: Path) -> Iterator[Pair]:
    """The pairs of two files.

    Raises:
        TextError: one has more lines than the other.
    """
    for one, other in zip_longest(read_lines(source), read_lines(target)):
        if one is None or other is None:
            raise TextError(
                f"{source} has {count_lines(source)} lines and {target} has "
                f"{count_lines(target)}: there must be as many in both"
            )
        yield Pair(one, other)


def in_documents(source: Path, target: Path) -> Iterator[Pair]:
    """The pairs of two files, each with the number of its document; blank ones are left out."""
    number = 1
    for pair in pairs(source, target):
        if pair.source.strip() or pair.target.strip():
            yield pair._replace(document=str(number))
        else:
            number += 1
