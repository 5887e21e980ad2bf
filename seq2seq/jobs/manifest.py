"""The manifest of a job: what the work is, and the shards that its lines are cut into."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from seq2seq.errors import RunError, TextError
from seq2seq.storage.files import open_binary
from seq2seq.text.lines import read_lines

Lines = list[str]


class Shard(NamedTuple):
    """Consecutive lines of one text, or of several that are read side by side."""

    text: int  # the number of the text in `Manifest.texts`
    first: int  # the number of its first line, from 1
    lines: int  # how many there are
    starts: Sequence[int]  # where it begins in each file, in bytes of the decompressed text
    fingerprint: str  # of its lines in all files


class Manifest(NamedTuple):
    """The whole work of a job."""

    facts: Mapping[str, Any]  # what results depend on beside the lines: equal, or another job
    texts: Sequence[Sequence[str]]  # the files of each text, which have one line for each other
    shards: Sequence[Shard]

    @property
    def lines(self) -> int:
        """Return the number of lines of all texts."""
        return sum(shard.lines for shard in self.shards)

    def of_text(self, text: int) -> list[int]:
        """Return the numbers of the shards of a text, in order."""
        return [number for number, shard in enumerate(self.shards) if shard.text == text]

    def to_json(self) -> str:
        """Return the manifest as the text of a file."""
        return json.dumps(self._asdict() | {"shards": [list(shard) for shard in self.shards]})

    @classmethod
    def from_json(cls, text: str) -> "Manifest":
        """Return the manifest of the text of a file.

        Raises:
            RunError: it is none.
        """
        try:
            stored = json.loads(text)
            shards = [Shard(*shard) for shard in stored["shards"]]
            return cls(dict(stored["facts"]), list(stored["texts"]), shards)
        except (ValueError, TypeError, KeyError, RecursionError):
            raise RunError("it is damaged") from None

    def differences(self, other: "Manifest") -> list[str]:
        """Return the names of the facts in which another manifest differs, and "input"."""
        names = sorted({*self.facts, *other.facts})
        different = [name for name in names if self.facts.get(name) != other.facts.get(name)]
        is_same_text = self.shards == other.shards and len(self.texts) == len(other.texts)
        # Shards of another size are other shards of the same text.
        return different if is_same_text or "workers.lines" in different else [*different, "input"]


def cut_texts(texts: Sequence[Sequence[str]], most: int) -> list[Shard]:
    """Cut texts into shards of at most `most` lines.

    Args:
        texts: the files of each text, plain or compressed.
        most: lines of a shard.

    Raises:
        TextError: a file cannot be read, or those of a text have not the same number of lines.
    """
    return [shard for text, names in enumerate(texts) for shard in _cut(text, names, most)]


def _cut(text: int, names: Sequence[str], most: int) -> Iterator[Shard]:
    files = [_measured_lines(Path(name)) for name in names]
    first, starts = 1, [0] * len(names)
    while True:
        digest = sha256()
        counts, sizes = [], []
        for lines in files:
            count = size = 0
            for data in islice(lines, most):
                digest.update(data)
                count, size = count + 1, size + len(data)
            counts.append(count)
            sizes.append(size)
        if len(set(counts)) > 1:
            raise TextError(f"{' and '.join(names)} have not the same number of lines")
        if not counts[0]:
            return
        yield Shard(text, first, counts[0], starts, digest.hexdigest())
        first += counts[0]
        starts = [start + size for start, size in zip(starts, sizes, strict=True)]


def _measured_lines(path: Path) -> Iterator[bytes]:
    """Yield the bytes of each line of a file that is text, see `read_lines` and its errors."""
    with open_binary(path) as raw:
        for _, data in zip(read_lines(path), raw, strict=False):
            yield data


class ShardReader:
    """Reader of the lines of shards, which keeps files open: most shards follow one another."""

    def __init__(self, texts: Sequence[Sequence[str]]) -> None:
        self.texts = texts
        self._stack = ExitStack()
        self._files: dict[str, Any] = {}

    def read(self, shard: Shard) -> list[Lines]:
        """Return the lines of a shard in each file of its text.

        Raises:
            TextError: they are not those of the manifest.
        """
        names = self.texts[shard.text]
        digest, columns = sha256(), []
        for name, start in zip(names, shard.starts, strict=True):
            raw = list(islice(self._at(name, start), shard.lines))
            for data in raw:
                digest.update(data)
            columns.append([_text(data) for data in raw])
            if start == 0 and columns[-1]:
                columns[-1][0] = columns[-1][0].removeprefix("\ufeff")
        if digest.hexdigest() != shard.fingerprint:
            raise TextError(f"{' or '.join(names)} has changed since the job began")
        return columns

    def _at(self, name: str, start: int) -> Any:
        """Return a file at a byte of its decompressed text."""
        try:
            file = self._files.get(name)
            if file is None or not file.seekable():  # .zst cannot go back
                file = self._files[name] = self._stack.enter_context(open_binary(Path(name)))
            if file.seekable():
                file.seek(start)
            else:
                file.read(start)
        except OSError as error:
            raise TextError(f"{name} cannot be read: {error.strerror or error}") from None
        return file

    def close(self) -> None:
        """Close the files."""
        self._stack.close()


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace").removesuffix("\n").removesuffix("\r")
