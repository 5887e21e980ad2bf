"""Pairs of files: line n of one is the translation of line n of the other."""

from collections.abc import Iterator
from itertools import islice, zip_longest
from pathlib import Path

from seq2seq.data.corpus import HEADER_LINE, Flaw, Pair, ParallelCorpus, Repeatable
from seq2seq.data.readers.files import (
    add_origin,
    find_compressed,
    parallel_corpus,
    require_pairs,
    sha256_of_file,
)
from seq2seq.data.readers.table_headers import (
    HEADER,
    SOURCE_NAMES,
    TARGET_NAMES,
    is_name,
    language_names,
)
from seq2seq.errors import TextError
from seq2seq.storage.files import SUFFIXES
from seq2seq.text.lines import count_lines, read_lines, require_encoding


def parallel(
    path: str,
    train: str | list[str],
    validation: str | list[str] | None,
    test: str | list[str] | None,
    source: str,
    target: str,
    licence: str,
    documents: bool = False,
    encoding: str | None = None,
) -> ParallelCorpus:
    """Read parallel files below the folder `path`.

    A split is a prefix, P for the files P.{source} and P.{target}, or the names of both files. They
    may be compressed (.gz, .bz2, .xz, .zst, .zip), and in another `encoding` than UTF-8. With
    `documents`, lines that are blank in both files are between documents.

    Raises:
        TextError: a file is missing, or validation or test text is empty; later, when it is read:
            the line counts differ.
    """
    require_encoding("data.encoding", encoding)
    splits: dict[str, Repeatable[Pair]] = {}
    origin: dict[str, str] = {}
    for split, name in (("train", train), ("validation", validation), ("test", test)):
        if name is not None:
            files = find_files(Path(path), name, source, target)
            digests = [sha256_of_file(file) for file in files]  # which refuses pipes
            header = HEADER if has_header_lines(files, (source, target), encoding) else None
            read = document_pairs if documents else parallel_pairs
            splits[split] = Repeatable(read, *files, header, encoding)
            suffix = " by documents" if documents else ""
            suffix += "".join(f" {word}" for word in (header, encoding) if word)
            suffix += " reversed" if is_reversed(*files, source, target) else ""
            for file, digest in zip(files, digests, strict=True):
                add_origin(origin, f"{split}: {file.name}{suffix}", digest)
            require_pairs(split, splits[split], " or ".join(map(str, files)))
    return parallel_corpus(splits, origin, (source, target, licence))


def has_header_lines(
    files: tuple[Path, Path], languages: tuple[str, str], encoding: str | None
) -> bool:
    """Return whether line 1 of both files names its language or side."""
    sides = zip(files, languages, (SOURCE_NAMES, TARGET_NAMES), strict=True)
    return all(
        is_name(next(islice(read_lines(file, encoding), 1), ""), language_names(language) | names)
        for file, language, names in sides
    )


def is_reversed(first: Path, second: Path, source: str, target: str) -> bool:
    """Return whether the source file, `first`, comes second in the order that names suggest.

    Fingerprints do not depend on the order of the labels in an origin: without this, two files and
    the same two swapped would be one corpus. The order that names suggest is source, target if they
    end in the language codes, and the alphabetical order otherwise.
    """
    suffixes = [file.name.removesuffix(file.suffix * (file.suffix in SUFFIXES)).rpartition(".")[2]
                for file in (first, second)]  # fmt: skip
    if sorted(suffixes) == sorted((source, target)):
        return suffixes != [source, target]
    return first.name > second.name


def find_files(folder: Path, name: str | list[str], source: str, target: str) -> tuple[Path, Path]:
    """Return the two files of a split.

    Raises:
        TextError: a file is missing, or `name` is a list of another length than 2.
    """
    names = [f"{name}.{source}", f"{name}.{target}"] if isinstance(name, str) else name
    if len(names) != 2:
        raise TextError(f"a split is a prefix or two files, not {names}")
    files = [find_compressed(folder / file) for file in names]
    for required, file in zip(names, files, strict=True):
        if file is None:
            _, *others, last = SUFFIXES
            suffixes = f"{', '.join(others)} or {last}"
            raise TextError(f"there is no file {folder / required} (nor {suffixes} of it)")
    first, second = (file for file in files if file is not None)
    return first, second


def parallel_pairs(
    source: Path, target: Path, header: str | None = None, encoding: str | None = None
) -> Iterator[Pair]:
    """Yield the pairs of two files; with `header`, line 1 is one, and a pair with a flaw.

    Raises:
        TextError: one file has more lines than the other, blank ones at its end apart.
    """
    name = str(source)
    sides = zip_longest(read_lines(source, encoding), read_lines(target, encoding))
    for number, (source_line, target_line) in enumerate(sides, 1):
        if source_line is None or target_line is None:
            if not (source_line or target_line or "").strip():  # a blank last line of one file
                yield Pair("", "", file=name, line=number)
                continue
            raise TextError(
                f"{source} has {count_lines(source, encoding)} lines and {target} has "
                f"{count_lines(target, encoding)}: there must be as many in both"
            )
        flaw = None
        if number == 1 and header:
            flaw = Flaw(HEADER_LINE, f"{name}, line 1", ", names the languages")
        yield Pair(source_line, target_line, None, None, None, flaw, name, number)


def document_pairs(
    source: Path, target: Path, header: str | None = None, encoding: str | None = None
) -> Iterator[Pair]:
    """Yield the pairs of two files with the number of their document, without blank pairs."""
    number = 1
    for pair in parallel_pairs(source, target, header, encoding):
        if pair.source.strip() or pair.target.strip():
            yield pair._replace(document=str(number))
        else:
            number += 1
