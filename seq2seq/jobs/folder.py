"""The folder of a job: its manifest, the parts that are done, leases, and failed attempts."""

import json
import os
import shutil
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from seq2seq.errors import RunError
from seq2seq.jobs.manifest import Manifest, Shard
from seq2seq.storage.files import write_bytes
from seq2seq.storage.partial import GroupResults
from seq2seq.storage.processes import is_alive, machine_id, start_time
from seq2seq.storage.regular import escaped, read_regular

MAX_JSON_BYTES = 2**31  # of a manifest, a part or a lease
PARTS_FOLDER, LEASES_FOLDER, ATTEMPTS_FOLDER = "parts", "leases", "attempts"
MANIFEST, COMPLETE = "manifest.json", "complete"


class RejectedLine(NamedTuple):
    """A line that failed again and again."""

    line: int  # its number in its file
    reason: str


class ShardPart(NamedTuple):
    """The results of a shard."""

    results: GroupResults
    rejects: Sequence[RejectedLine]


class LineRange(NamedTuple):
    """Consecutive lines that are worked on together."""

    first: int
    lines: int


class JobFolder:
    """The files of a job. Every change is one atomic step, so that any process may die anywhere."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def create(self) -> None:
        """Create the folder, unless it is there."""
        for name in (PARTS_FOLDER, LEASES_FOLDER, ATTEMPTS_FOLDER):
            (self.path / name).mkdir(parents=True, exist_ok=True)

    def read_manifest(self) -> Manifest | None:
        """Return the manifest, None where there is none.

        Raises:
            RunError: it is damaged.
        """
        path = self.path / MANIFEST
        if not path.is_file():
            return None
        try:
            return Manifest.from_json(read_regular(path, MAX_JSON_BYTES))
        except RunError as error:
            raise RunError(f"{escaped(str(path))}: {error}; remove it to begin anew") from None

    def write_manifest(self, manifest: Manifest) -> None:
        """Write the manifest."""
        write_bytes(self.path / MANIFEST, manifest.to_json().encode())

    def done(self) -> set[int]:
        """Return the numbers of the shards whose parts are there."""
        try:
            names = os.listdir(self.path / PARTS_FOLDER)  # noqa: PTH208 - names alone: there may be many
        except FileNotFoundError:  # another command has joined the parts
            return set()
        return {int(n.removesuffix(".json")) for n in names if n.endswith(".json") and n[0] != "."}

    def write_part(self, number: int, part: ShardPart) -> None:
        """Write the part of a shard, whole or not at all."""
        stored = json.dumps({"results": list(part.results), "rejects": list(part.rejects)})
        write_bytes(self._part(number), stored.encode())

    def read_part(self, number: int, shard: Shard) -> ShardPart:
        """Return the part of a shard.

        Raises:
            RunError: it is damaged, or has not as many results as the shard has lines.
        """
        path = self._part(number)
        try:
            stored = json.loads(read_regular(path, MAX_JSON_BYTES))
            results = GroupResults(*stored["results"])
            part = ShardPart(results, [RejectedLine(*each) for each in stored["rejects"]])
            is_whole = len(results.lines) == shard.lines
        except (ValueError, TypeError, KeyError, RecursionError):
            is_whole = False
        if not is_whole:
            raise RunError(f"{escaped(str(path))} is damaged: remove it and start again")
        return part

    def _part(self, number: int) -> Path:
        return self.path / PARTS_FOLDER / f"{number:06}.json"

    def take(self, name: str, worker: str, seconds: float) -> bool:
        """Take a lease for a worker, and return whether it has it.

        A lease of a dead process, or one that was not renewed in `seconds`, is taken over. If two
        workers do so at the same moment, both may have it, and do the same work.
        """
        path = self.path / LEASES_FOLDER / name
        process = os.getpid()
        owner = json.dumps([worker, machine_id(), process, start_time(process)])
        for _ in range(2):
            try:
                with path.open("x", encoding="utf-8") as file:
                    file.write(owner)
            except FileExistsError:
                if not self._is_abandoned(path, worker, seconds):
                    return False
                path.unlink(missing_ok=True)
            else:
                return True
        return False

    def _is_abandoned(self, path: Path, worker: str, seconds: float) -> bool:
        """Return whether the worker of a lease is dead; times are those of the file system."""
        clock = self.path / f"{worker}.clock"
        try:
            clock.touch()
            age = clock.stat().st_mtime - path.stat().st_mtime
            _, machine, process, started = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return True
        except (ValueError, TypeError):  # it is just being written
            return age > seconds
        is_here = machine == machine_id()
        return age > seconds or (is_here and not is_alive(int(process), str(started)))

    def renew(self, name: str) -> None:
        """Tell that the worker of a lease is alive."""
        with suppress(OSError):
            os.utime(self.path / LEASES_FOLDER / name)

    def release(self, name: str) -> None:
        """Give a lease back."""
        (self.path / LEASES_FOLDER / name).unlink(missing_ok=True)

    def leases_of(self, worker: str) -> list[str]:
        """Return the names of the leases of a worker."""
        found = []
        for path in (self.path / LEASES_FOLDER).iterdir():
            with suppress(OSError, ValueError, IndexError):
                if json.loads(path.read_text(encoding="utf-8"))[0] == worker:
                    found.append(path.name)
        return found

    def add_attempt(self, number: int, event: str, lines: LineRange, reason: str = "") -> None:
        """Note that an attempt on some lines of a shard was begun, done or failed."""
        entry = json.dumps([event, *lines, reason]) + "\n"
        with (self.path / ATTEMPTS_FOLDER / f"{number:06}").open("a", encoding="utf-8") as file:
            file.write(entry)

    def attempts(self, number: int) -> tuple[Counter[LineRange], LineRange | None]:
        """Return how often attempts on lines of a shard have failed, and the one in progress."""
        failures: Counter[LineRange] = Counter()
        current = None
        path = self.path / ATTEMPTS_FOLDER / f"{number:06}"
        for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
            with suppress(ValueError, TypeError):  # a worker died while it wrote
                event, first, lines, _ = json.loads(line)
                current = LineRange(first, lines) if event == "begin" else None
                if event == "failed":
                    failures[LineRange(first, lines)] += 1
        return failures, current

    def note_death(self, worker: str, reason: str) -> None:
        """Count an attempt of a worker that ended by itself as failed, and free its shards."""
        for name in self.leases_of(worker):
            if name.isdecimal() and reason:
                _, current = self.attempts(int(name))
                if current:
                    self.add_attempt(int(name), "failed", current, reason)
            self.release(name)

    def is_complete(self) -> bool:
        """Return whether the outputs were written."""
        return (self.path / COMPLETE).exists()

    def complete(self) -> None:
        """Note that the outputs were written, and remove the parts."""
        (self.path / COMPLETE).touch()
        for name in (PARTS_FOLDER, LEASES_FOLDER, ATTEMPTS_FOLDER):
            shutil.rmtree(self.path / name, ignore_errors=True)

    def remove(self) -> None:
        """Remove the folder and all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)


def error_text(error: BaseException) -> Any:
    """Return an error as one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:500]
