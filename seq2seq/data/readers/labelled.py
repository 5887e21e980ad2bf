"""Files of lines with labels."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from seq2seq.data.corpus import LabelledCorpus, Pair, Repeatable
from seq2seq.data.readers.files import require_pairs, sha256_of_file
from seq2seq.data.readers.table_headers import (
    HEADER,
    LABEL_NAMES,
    TEXT_NAMES,
    has_header,
    log_header,
)
from seq2seq.errors import TextError
from seq2seq.text.lines import read_lines

# Shares of lines, by hash, that are held out for validation and for test if they have no file.
HELD_OUT_SHARES = {"validation": (0.90, 0.95), "test": (0.95, 1.0)}


def labelled(
    path: str, train: str, validation: str | None, test: str | None, licence: str
) -> LabelledCorpus:
    r"""Read files of lines text\tlabel; a first line that names these columns is skipped.

    Args:
        path: the folder.
        train: a file in it, plain or compressed.
        validation: a file; None: a twentieth of the training lines, by the hashes of their texts.
        test: a file; None: another twentieth of the training lines.
        licence: licence of the text.

    Raises:
        TextError: a file is missing, or one for validation or test is empty; later, when it is
            read: a line has no label, or two.
    """
    files = {"train": train, "validation": validation, "test": test}
    splits: dict[str, Repeatable[Pair]] = {}
    origin: dict[str, str] = {}
    missing = tuple(name for name, file in files.items() if file is None)
    for name, file in files.items():
        source = Path(path) / (file or train)
        held_out = missing if file is None or name == "train" else ()
        digest = sha256_of_file(source)
        skip_header = has_header(source, (1, 2), (TEXT_NAMES, LABEL_NAMES))
        own = "train" if held_out == () else name
        splits[name] = Repeatable(read_labelled_lines, source, own, held_out, skip_header)
        if file is not None:
            origin[f"{name}: {source.name}{f' {HEADER}' if skip_header else ''}"] = digest
            require_pairs(name, splits[name], source)
            if skip_header:
                log_header(source)
    return LabelledCorpus(splits, licence, origin)


def read_labelled_lines(
    file: Path, split: str, missing: tuple[str, ...], skip_header: bool
) -> Iterator[Pair]:
    """Yield the lines of a file that belong to `split`; the `missing` splits are held out from it.

    Raises:
        TextError: a line has no label, or two.
    """
    for number, line in enumerate(read_lines(file), 1):
        if not line.strip() or (number == 1 and skip_header):
            continue
        cells = line.split("\t")
        if len(cells) != 2 or not all(cell.strip() for cell in cells):
            labels = [cell for cell in cells[1:] if cell.strip()]
            kind = (
                f"{len(labels)} labels" if len(labels) > 1 else "no text" if labels else "no label"
            )
            raise TextError(
                f"{file}, line {number}, has {kind}: it needs text, a tab and one label"
            )
        if split_of_key(cells[0], missing) == split:
            yield Pair(cells[0], cells[1].strip())


def split_of_key(key: str, missing: tuple[str, ...]) -> str:
    """Return the split of a text by its hash: one of the `missing` splits, or train."""
    number = int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big") / 2**32
    for split, (low, high) in HELD_OUT_SHARES.items():
        if split in missing and low <= number < high:
            return split
    return "train"
