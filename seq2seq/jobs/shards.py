"""A worker of a job: takes shards, works on them, and writes their parts, until none is left."""

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from seq2seq.errors import RunError, UserError
from seq2seq.jobs.folder import JobFolder, LineRange, RejectedLine, ShardPart, error_text
from seq2seq.jobs.manifest import Manifest, Shard, ShardReader
from seq2seq.storage.partial import GroupResults

TRIES = 3  # of a block of lines, before it is halved, and of a single line, before it is rejected
WAIT_SECONDS = 0.3  # between two looks at shards that other workers have


class LineWork(Protocol):
    """A loaded model, which has results for lines. No line depends on another."""

    block: int  # lines that are given at a time, at most

    def results(self, text: int, first: int, columns: Sequence[list[str]]) -> GroupResults:
        """Return the results of consecutive lines of a text, of which the first has a number."""
        ...


class JobSpec(NamedTuple):
    """All that a worker needs to know, as plain values."""

    folder: str  # of the job
    loader: str  # module:function, from `options` to a `LineWork`
    options: Any
    lease: float  # seconds
    max_rejects: int
    directory: str  # where relative paths begin


def work_off(spec: JobSpec, worker: str) -> str:
    """Work on shards of a job until all are done; return a user's mistake as text, "" for none."""
    os.chdir(spec.directory)
    try:
        ShardWorker(spec, worker).run()
    except (UserError, OSError) as error:
        if JobFolder(Path(spec.folder)).is_complete():  # another command has joined the parts
            return ""
        return str(error) or type(error).__name__
    return ""


class ShardWorker:
    """The loop of a worker. The model is loaded when there is a shard for it."""

    def __init__(self, spec: JobSpec, worker: str) -> None:
        self.spec, self.worker, self.folder = spec, worker, JobFolder(Path(spec.folder))
        manifest = self.folder.read_manifest()
        if manifest is None:
            raise RunError(f"{spec.folder} has no manifest: do all workers reach this folder?")
        self.manifest: Manifest = manifest
        self.reader = ShardReader(manifest.texts)
        self.work: LineWork | None = None

    def run(self) -> None:
        """Take one shard after the other, the first ones first."""
        try:
            while len(done := self.folder.done()) < len(self.manifest.shards):
                if (number := self._take(done)) is None:
                    time.sleep(WAIT_SECONDS)
                    continue
                name = str(number)
                with renewed(self.folder, name, self.spec.lease):
                    self._do(number)
                self.folder.release(name)
        except (UserError, OSError):
            for name in self.folder.leases_of(self.worker):
                self.folder.release(name)
            raise
        finally:
            self.reader.close()

    def _take(self, done: set[int]) -> int | None:
        for number in range(len(self.manifest.shards)):
            if number not in done and self.folder.take(str(number), self.worker, self.spec.lease):
                return number
        return None

    def _do(self, number: int) -> None:
        if number in self.folder.done():  # it was done while the lease changed hands
            return
        if self.work is None:
            self.work = load_work(self.spec)
        shard = self.manifest.shards[number]
        columns = self.reader.read(shard)
        attempt = ShardAttempt(self.folder, number, shard, self.work, self.spec.max_rejects)
        self.folder.write_part(number, attempt.part(columns))


def load_work(spec: JobSpec) -> LineWork:
    """Load the work of a job."""
    module, _, name = spec.loader.partition(":")
    load: Callable[[Any], LineWork] = getattr(import_module(module), name)
    return load(spec.options)


@contextmanager
def renewed(folder: JobFolder, name: str, seconds: float) -> Iterator[None]:
    """Renew a lease by a thread until the block ends."""
    stop = threading.Event()

    def renew() -> None:
        while not stop.wait(seconds / 4):
            folder.renew(name)

    thread = threading.Thread(target=renew, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


class ShardAttempt:
    """Work on one shard. Lines that fail are found by halves, and in the end left blank."""

    def __init__(
        self, folder: JobFolder, number: int, shard: Shard, work: LineWork, max_rejects: int
    ) -> None:
        self.folder, self.number, self.shard, self.work = folder, number, shard, work
        self.max_rejects = max_rejects
        self.failures, _ = folder.attempts(number)
        self.rejects: list[RejectedLine] = []

    def part(self, columns: Sequence[list[str]]) -> ShardPart:
        """Return the results of all lines.

        Raises:
            RunError: too many lines fail: it is not the lines.
        """
        made = []
        for start in range(0, self.shard.lines, self.work.block):
            of_block = [column[start : start + self.work.block] for column in columns]
            made += self._results(self.shard.first + start, of_block, TRIES)
        return ShardPart(joined_results(made), self.rejects)

    def _results(
        self, first: int, columns: Sequence[list[str]], tries: int, reason: str = ""
    ) -> list[GroupResults]:
        lines = LineRange(first, len(columns[0]))
        tries = TRIES if lines.lines == 1 else tries
        while self.failures[lines] < tries:
            self.folder.add_attempt(self.number, "begin", lines)
            try:
                results = self.work.results(self.shard.text, first, columns)
            except (UserError, OSError):
                raise
            except Exception as error:
                reason = error_text(error)
                self.failures[lines] += 1
                self.folder.add_attempt(self.number, "failed", lines, reason)
            else:
                self.folder.add_attempt(self.number, "done", lines)
                return [results]
        if lines.lines == 1:
            return [self._reject(first, len(columns), reason or "its worker ended")]
        half = lines.lines // 2
        before, after = [column[:half] for column in columns], [column[half:] for column in columns]
        return [*self._results(first, before, 1), *self._results(first + half, after, 1)]

    def _reject(self, line: int, columns: int, reason: str) -> GroupResults:
        """Return the results of a blank line in place of a line."""
        self.rejects.append(RejectedLine(line, reason))
        if len(self.rejects) > self.max_rejects:
            raise RunError(
                f"more than {self.max_rejects} lines failed {TRIES} times, the last line {line}: "
                f"{reason} (workers.max_rejects)"
            )
        return self.work.results(self.shard.text, line, [[""]] * columns)


def joined_results(results: Sequence[GroupResults]) -> GroupResults:
    """Return the results of consecutive groups of lines as those of one group."""
    return GroupResults(
        [line for each in results for line in each.lines],
        "".join(each.scores for each in results),
        "".join(each.alignments for each in results),
        "".join(each.review for each in results),
        [count for each in results for count in each.counts],
    )
