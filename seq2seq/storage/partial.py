"""Partial results of interrupted work, stored beside its output until that is complete."""

import json
import logging
import os
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from seq2seq.errors import TextError
from seq2seq.storage.regular import open_regular

if TYPE_CHECKING:
    from hashlib import _Hash as Hash

MAX_STEM_BYTES = 200  # a longer name is hashed in the name of its partial file

log = logging.getLogger("seq2seq.storage.partial")


def partial_path(output: Path) -> Path:
    """Return .NAME.part beside the file `output`, links resolved; a long NAME is hashed."""
    target = Path(os.path.realpath(output))
    name = target.name
    if len(os.fsencode(name)) > MAX_STEM_BYTES:
        name = sha256(os.fsencode(name)).hexdigest()
    return target.with_name(f".{name}.part")


class GroupResults(NamedTuple):
    """The results of a group of lines: one line for each, and text for another file."""

    lines: list[str]
    scores: str
    alignments: str = ""  # text for a third file


class _StoredGroup(NamedTuple):
    """A group as it is in the file."""

    results: GroupResults
    digest: str  # hash of all input lines up to its end
    size: int  # bytes


def _read_group(file: BinaryIO) -> _StoredGroup | None:
    """Read the next group of a file, None if it ends there or is damaged."""
    stored = file.readline()
    try:
        entry = json.loads(stored.decode("utf-8", "surrogatepass"))
        results = GroupResults(entry["lines"], entry["scores"], entry["alignments"])
        if isinstance(results.lines, list) and results.lines and stored.endswith(b"\n"):
            return _StoredGroup(results, entry["hash"], len(stored))
    except (ValueError, TypeError, KeyError):
        pass
    return None


class PartialResults:
    """Results of the completed groups of lines, in the hidden file .NAME.part beside NAME.

    The file has JSON lines. The first is the fingerprint of the work; each other line is of one
    group: a hash of all input lines up to its end, and the results. A killed process loses its
    current group and no other: an incomplete last line is dropped.
    """

    def __init__(self, output: Path, fingerprint: str) -> None:
        """Open the stored results of interrupted work on `output` with this fingerprint, if any."""
        self.path = partial_path(output)
        self.done = 0  # lines whose results are in the file
        self._header = json.dumps(fingerprint).encode() + b"\n"
        self._hash = sha256()  # hash of the lines before the next group
        self._end = 0  # number of valid bytes of the file
        self._writer: BinaryIO | None = None
        self._reader = self._open_stored()
        self._next: _StoredGroup | None = None  # read, and not recalled

    def next_size(self) -> int | None:
        """Return the number of lines of the next stored group, None if there is none."""
        if self._next is None and self._reader is not None:
            self._next = _read_group(self._reader)
            if self._next is None:
                self._close_reader()
        return len(self._next.results.lines) if self._next else None

    def recall(self, lines: Sequence[str]) -> GroupResults | None:
        """Return the stored results of the next group, which is `lines`.

        Return None if the file ends here, or was written for other lines; from then on it returns
        None for every group.
        """
        size, stored, digest = self.next_size(), self._next, self._advanced(lines)
        self._next = None
        if stored is None or size != len(lines) or stored.digest != digest.hexdigest():
            self._close_reader()
            return None
        self._hash, self._end = digest, self._end + stored.size
        self.done += size
        return stored.results

    def append(self, lines: Sequence[str], results: GroupResults) -> None:
        """Store the results of the next group; if the disk is full, warn and store no more."""
        self._close_reader()
        self._hash = self._advanced(lines)
        entry = {"hash": self._hash.hexdigest(), **results._asdict()}
        text = json.dumps(entry, ensure_ascii=False) + "\n"
        try:
            if self._writer is None and self._end >= 0:
                self._writer = self._open_to_append()
            if self._writer:
                self._writer.write(text.encode("utf-8", "surrogatepass"))
                self._writer.flush()
                self.done += len(lines)
        except OSError as error:
            log.warning("an interrupted translation will start anew: %s", error.strerror or error)
            self.remove()
            self._end = -1  # no more attempts

    def close(self) -> None:
        """Close the file, which a later process may resume."""
        self._close_reader()
        if self._writer:
            self._writer.close()
            self._writer = None

    def remove(self) -> None:
        """Remove the file: the output is complete."""
        try:
            self.close()
            self.path.unlink(missing_ok=True)
        except OSError as error:
            log.warning("%r cannot be removed: %s", str(self.path), error.strerror or error)
        self.done = 0

    def _open_stored(self) -> BinaryIO | None:
        if self.path.is_symlink():  # this program writes no links
            return None
        try:
            reader = open_regular(self.path)
        except TextError:
            return None
        if reader.readline() != self._header:
            reader.close()
            return None
        self._end = len(self._header)
        return reader

    def _open_to_append(self) -> BinaryIO:
        """Open the file at its last valid byte, or replace it by a new one."""
        if self._end:
            writer = self.path.open("r+b")
            writer.truncate(self._end)
            writer.seek(0, os.SEEK_END)
            return writer
        self.path.unlink(missing_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        created = os.fdopen(os.open(self.path, flags, 0o600), "wb")  # the output may be private
        created.write(self._header)
        return created

    def _advanced(self, lines: Sequence[str]) -> "Hash":
        digest = self._hash.copy()
        for line in lines:
            digest.update(line.encode("utf-8", "surrogatepass") + b"\n")
        return digest

    def _close_reader(self) -> None:
        if self._reader:
            self._reader.close()
            self._reader = None
