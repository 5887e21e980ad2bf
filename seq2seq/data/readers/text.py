"""Running text, for language models."""

from collections.abc import Iterator
from pathlib import Path

from seq2seq.data.corpus import Repeatable, TextCorpus
from seq2seq.data.readers.files import add_origin, empty_split, sha256_of_file
from seq2seq.text.lines import read_lines


def text(
    path: str | list[str],
    validation: str | list[str] | None,
    test: str | list[str] | None,
    licence: str,
) -> TextCorpus:
    """Read files of text, one after the other, plain or compressed.

    Args:
        path: path of the training text: a file, or several.
        validation: a file, or several; None: the part of the training text before the test part.
        test: a file, or several; None: the last part of the training text.
        licence: licence of the text.

    Raises:
        TextError: a file is missing, or validation or test text has nothing but blank lines; later,
            when it is read: it is not UTF-8.
    """
    splits: dict[str, Repeatable[str]] = {}
    origin: dict[str, str] = {}
    for split, names in (("train", path), ("validation", validation), ("test", test)):
        if names is not None:
            files = [Path(name) for name in ([names] if isinstance(names, str) else names)]
            for file in files:
                add_origin(origin, f"{split}: {file.name}", sha256_of_file(file))
            splits[split] = Repeatable(read_all_lines, files)
            if split != "train" and not any(line.strip() for line in splits[split]):
                raise empty_split(split, " ".join(map(str, files)))
    return TextCorpus(splits, licence, origin)


def read_all_lines(files: list[Path]) -> Iterator[str]:
    """Yield the lines of some files."""
    for file in files:
        yield from read_lines(file)
