"""Running text, for language models."""

import hashlib
import importlib
from collections.abc import Iterator
from pathlib import Path

from seq2seq.errors import TextError
from seq2seq.text.corpus import Repeatable, Text
from seq2seq.text.lines import read_lines
from seq2seq.text.readers.files import digest


def text(
    path: str | list[str],
    validation: str | list[str] | None,
    test: str | list[str] | None,
    licence: str,
) -> Text:
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
            origin |= {f"{split}: {file.name}": digest(file) for file in files}
            splits[split] = Repeatable(lines, files)
    return Text(splits, licence, origin)


def lines(files: list[Path]) -> Iterator[str]:
    """The lines of some files."""
    for file in files:
        yield from read_lines(file)


def pydoc(licence: str) -> Text:
    """The chapters of Python's language reference that `help()` shows, which every Python has.

    Raises:
        TextError: this Python was built without them.
    """
    try:
        module = importlib.import_module("pydoc_data.topics")
    except ImportError as error:
        raise TextError("this Python has no pydoc_data.topics; data=text reads files") from error
    topics: dict[str, str] = module.topics

    def read() -> Iterator[str]:
        for name in sorted(topics):
            yield from topics[name].split("\n")

    mark = hashlib.sha256("\n".join(read()).encode()).hexdigest()
    return Text({"train": Repeatable(read)}, licence, {"pydoc_data.topics": mark})
