"""Two files, line n of one the translation of line n of the other."""

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from seq2seq.data.corpus import Pair, ParallelCorpus, Repeatable
from seq2seq.data.readers.files import find_compressed, parallel_corpus, sha256_of_file
from seq2seq.errors import TextError
from seq2seq.text.lines import count_lines, read_lines


def parallel(
    path: str,
    train: str | list[str],
    validation: str | list[str] | None,
    test: str | list[str] | None,
    source: str,
    target: str,
    licence: str,
    documents: bool = False,
) -> ParallelCorpus:
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
            files = find_files(Path(path), name, source, target)
            splits[split] = Repeatable(document_pairs if documents else parallel_pairs, *files)
            how = " by documents" if documents else ""
            origin |= {f"{split}: {file.name}{how}": sha256_of_file(file) for file in files}
    return parallel_corpus(splits, origin, (source, target, licence))


def find_files(folder: Path, name: str | list[str], source: str, target: str) -> tuple[Path, Path]:
    """The two files of a split."""
    names = [f"{name}.{source}", f"{name}.{target}"] if isinstance(name, str) else name
    if len(names) != 2:
        raise TextError(f"a split is a prefix or two files, not {names}")
    files = [find_compressed(folder / file) for file in names]
    for wanted, file in zip(names, files, strict=True):
        if file is None:
            raise TextError(f"there is no file {folder / wanted} (nor .gz, .bz2 or .xz of it)")
    first, second = (file for file in files if file is not None)
    return first, second


def parallel_pairs(source: Path, target: Path) -> Iterator[Pair]:
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


def document_pairs(source: Path, target: Path) -> Iterator[Pair]:
    """The pairs of two files, each with the number of its document; blank ones are left out."""
    number = 1
    for pair in parallel_pairs(source, target):
        if pair.source.strip() or pair.target.strip():
            yield pair._replace(document=str(number))
        else:
            number += 1
