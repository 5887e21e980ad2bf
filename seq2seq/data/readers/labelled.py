"""Lines with labels: files of them, and the languages of a package's catalogues."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from seq2seq.data.corpus import LabelledCorpus, Pair, Repeatable
from seq2seq.data.readers.files import sha256_of_file
from seq2seq.errors import TextError
from seq2seq.text.lines import read_lines

HELD_OUT_SHARES = {
    "validation": (0.90, 0.95),
    "test": (0.95, 1.0),
}  # of what has no splits of its own


def labelled(
    path: str, train: str, validation: str | None, test: str | None, licence: str
) -> LabelledCorpus:
    r"""Read files of lines text\tlabel.

    Args:
        path: the folder.
        train: a file in it, plain or compressed.
        validation: likewise; None: a twentieth of the training lines, by the hashes of their texts.
        test: likewise.
        licence: of the text.

    Raises:
        TextError: a file is missing; later, when it is read: a line has no label, or two.
    """
    files = {"train": train, "validation": validation, "test": test}
    splits: dict[str, Repeatable[Pair]] = {}
    origin: dict[str, str] = {}
    missing = tuple(name for name, file in files.items() if file is None)
    for name, file in files.items():
        source = Path(path) / (file or train)
        aside = missing if file in (None, train) else ()
        splits[name] = Repeatable(
            read_labelled_lines, source, "train" if aside == () else name, aside
        )
        if file is not None:
            origin[f"{name}: {source.name}"] = sha256_of_file(source)
    return LabelledCorpus(splits, licence, origin)


def read_labelled_lines(file: Path, split: str, missing: tuple[str, ...]) -> Iterator[Pair]:
    """The lines of a file that belong to `split`; the `missing` splits are set aside from it.

    Raises:
        TextError: a line has no label, or two.
    """
    for number, line in enumerate(read_lines(file), 1):
        if not line.strip():
            continue
        parts = line.split("\t")
        if len(parts) != 2 or not all(part.strip() for part in parts):
            told = [part for part in parts[1:] if part.strip()]
            said = f"{len(told)} labels" if len(told) > 1 else "no text" if told else "no label"
            raise TextError(
                f"{file}, line {number}, has {said}: it needs text, a tab and one label"
            )
        if split_of_key(parts[0], missing) == split:
            yield Pair(parts[0], parts[1].strip())


def split_of_key(key: str, missing: tuple[str, ...]) -> str:
    """The split of what `key` names, by its hash; what is not `missing` is train."""
    number = int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big") / 2**32
    for split, (low, high) in HELD_OUT_SHARES.items():
        if split in missing and low <= number < high:
            return split
    return "train"
