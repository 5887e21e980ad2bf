"""Running text, for language models."""

from collections.abc import Iterator
from pathlib import Path

from seq2seq.data.corpus import Repeatable, TextCorpus
from seq2seq.data.readers.files import sha256_of_file
from seq2seq.text.lines import read_lines


def text(
    path: str | list[str],
    validation: str | list[str] | None,
    test: str | list[str] | None,
    licence: str,
) -> TextCorpus:
    """Read files of text, one after the other; .gz, .bz2 and .xz too.

    Args:
        path: of the training text: a file, or several.
        validation: likewise; None: the part of the training text before the last.
        test: likewise; None: the last part of the training text.
        licence: of the text.

    Raises:
        TextError: a file is missing; later, when it is read: it is not UTF-8.
    """
    splits: dict[str, Repeatable[str]] = {}
    origin: dict[str, str] = {}
    for split, names in (("train", path), ("validation", validation), ("test", test)):
        if names is not None:
            files = [Path(name) for name in ([names] if isinstance(names, str) else names)]
            origin |= {f"{split}: {file.name}": sha256_of_file(file) for file in files}
            splits[split] = Repeatable(read_all_lines, files)
    return TextCorpus(splits, licence, origin)


def read_all_lines(files: list[Path]) -> Iterator[str]:
    """The lines of some files."""
    for file in files:
        yield from read_lines(file)
