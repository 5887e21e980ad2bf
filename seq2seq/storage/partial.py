"""Partial results of interrupted work, stored beside its output until that is complete."""

import json
import logging
import os
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

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
    review: str = ""  # text for a fourth file
    counts: Sequence[Sequence[Any]] = ()  # that the command sums up at its end


class BatchResults(NamedTuple):
    """The results of a batch of units of a group, as plain values."""

    units: list[Any]
    counts: Sequence[Sequence[Any]] = ()  # see `GroupResults`


def _entry(stored: bytes, digest: str) -> dict[str, Any]:
    """Return an entry of a file of partial results, {} if it is damaged or has another hash."""
    try:
        entry = json.loads(stored.decode("utf-8", "surrogatepass"))
        is_whole = stored.endswith(b"\n") and entry["hash"] == digest
    except (ValueError, TypeError, KeyError, RecursionError):
        return {}
    return entry if is_whole else {}


class PartialResults:
    """Results of the completed groups of lines, in the hidden file .NAME.part beside NAME.

    The file has JSON lines. The first is the fingerprint of the work; each other line is of one
    group: a hash of all input lines up to its end, and the results. Behind them are the batches of
    the next group, with its hash, which the results of the group replace. A killed process loses
    its current batch and no other: an incomplete last line is dropped.
    """

    def __init__(self, output: Path, fingerprint: str) -> None:
        """Open the stored results of interrupted work on `output` with this fingerprint, if any."""
        self.path = partial_path(output)
        self.done = 0  # lines whose results are in the file
        self._header = json.dumps(fingerprint).encode() + b"\n"
        self._hash = sha256()  # hash of the lines before the next group
        self._end = 0  # number of valid bytes of the file; -1: nothing more can be stored
        self._group = ""  # hash of the group that `batches` was called for
        self._batches_end = 0  # number of bytes up to the end of its stored batches
        self._units = 0  # units in them
        self._writer: BinaryIO | None = None
        self._reader = self._open_stored()

    def recall(self, lines: Sequence[str]) -> GroupResults | None:
        """Return the stored results of the next group, which is `lines`.

        Return None if the file ends here, has only batches of it, or was written for other lines.
        """
        if self._reader is None:
            return None
        digest = self._advanced(lines)
        stored = self._reader.readline()
        entry = _entry(stored, digest.hexdigest())
        try:
            results = GroupResults(
                entry["lines"], entry["scores"], entry["alignments"], entry["review"],
                tuple(entry["counts"]),
            )  # fmt: skip
        except (KeyError, TypeError):
            results = GroupResults([], "")
        if len(results.lines) != len(lines):
            self._reader.seek(self._end)
            return None
        self._hash, self._end = digest, self._end + len(stored)
        self.done += len(lines)
        return results

    def batches(self, lines: Sequence[str]) -> list[BatchResults]:
        """Return the stored batches of the next group, which is `lines` and was not recalled."""
        self._group = self._advanced(lines).hexdigest()
        found: list[BatchResults] = []
        while self._reader is not None:
            entry = _entry(self._reader.readline(), self._group)
            units, counts = entry.get("units"), entry.get("counts")
            if not isinstance(units, list) or not isinstance(counts, list):
                break
            found.append(BatchResults(units, counts))
            self._batches_end = self._reader.tell()
        self._close_reader()
        self._units = sum(len(batch.units) for batch in found)
        self.done += self._units
        return found

    def append_batch(self, batch: BatchResults) -> None:
        """Store the next batch of the group that `batches` was called for."""
        if self._append({"hash": self._group, **batch._asdict()}):
            self._units += len(batch.units)
            self.done += len(batch.units)

    def append(self, lines: Sequence[str], results: GroupResults) -> None:
        """Store the results of the next group, in place of its batches."""
        self._close_reader()
        self._hash = self._advanced(lines)
        if self._append({"hash": self._hash.hexdigest(), **results._asdict()}, self._end):
            self.done += len(lines) - self._units
            self._units = 0

    def _append(self, entry: dict[str, Any], start: int | None = None) -> bool:
        """Write an entry, at the byte `start` or the end, and return whether it is stored.

        If the disk is full, warn and store no more.
        """
        text = json.dumps(entry, ensure_ascii=False) + "\n"
        try:
            if self._writer is None and self._end >= 0:
                self._writer = self._open_to_append()
            if self._writer is None:
                return False
            if start is not None:
                self._writer.seek(max(start, len(self._header)))
            self._writer.write(text.encode("utf-8", "surrogatepass"))
            self._writer.truncate()
            self._writer.flush()
            if start is not None:
                self._end = self._writer.tell()
        except OSError as error:
            log.warning("an interrupted translation will start anew: %s", error.strerror or error)
            self.remove()
            self._end = -1
            return False
        return True

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
            writer.truncate(max(self._end, self._batches_end))
            writer.seek(0, os.SEEK_END)
            return writer
        self.path.unlink(missing_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        created = os.fdopen(os.open(self.path, flags, 0o600), "wb")  # the output may be private
        created.write(self._header)
        self._end = len(self._header)
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
