"""A job as the command that was given has it: opened or gone on with, watched, and joined."""

import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from seq2seq.config.ranges import parse_duration
from seq2seq.config.workers import WorkerOptions
from seq2seq.errors import RunError
from seq2seq.jobs.folder import JobFolder, RejectedLine, ShardPart
from seq2seq.jobs.local_workers import LocalWorkers
from seq2seq.jobs.manifest import Manifest, cut_texts
from seq2seq.jobs.ray_workers import RayWorkers
from seq2seq.jobs.shards import JobSpec, renewed
from seq2seq.storage.locks import lock_file
from seq2seq.storage.regular import escaped

LOOK_SECONDS = 0.2  # between two looks at the folder
REPORT_SECONDS = 60.0  # between two lines about the progress
JOIN = "join"  # the lease of the process that writes the outputs


class JobWork(NamedTuple):
    """The work of a job."""

    texts: Sequence[Sequence[str]]  # the files of each text
    output: str  # beside which the folder of the job is
    facts: Mapping[str, Any]  # that results depend on, beside the lines, as plain values
    block: int  # lines that are worked on together
    loader: str  # see `JobSpec`
    options: Any  # of the loader, plain values


class ShardedJob:
    """A job whose workers run; its results come in the order of the lines."""

    def __init__(self, folder: JobFolder, manifest: Manifest, workers: Any) -> None:
        self.folder, self.manifest, self.workers = folder, manifest, workers
        self.rejects: list[tuple[str, RejectedLine]] = []  # with the file of each
        self.recalled = self._count(folder.done())  # lines that were done before
        self.started = self._reported = time.monotonic()

    def results(self, text: int) -> Iterator[ShardPart]:
        """Yield the part of each shard of a text, in order, as soon as it is done.

        Raises:
            RunError: a worker or a part cannot be used.
        """
        done = self.folder.done()
        for number in self.manifest.of_text(text):
            while number not in done:
                done = self._look()
            part = self.folder.read_part(number, self.manifest.shards[number])
            self.rejects += [(self.manifest.texts[text][0], each) for each in part.rejects]
            yield part

    def wait(self) -> None:
        """Wait until all shards are done."""
        while not self.folder.is_complete():
            if len(self._look()) == len(self.manifest.shards):
                return

    def _look(self) -> set[int]:
        done = self.folder.done()
        self.workers.check(len(done))
        now = time.monotonic()
        if now - self._reported >= REPORT_SECONDS:
            self._reported = now
            print(self.progress(done), file=sys.stderr)
        time.sleep(LOOK_SECONDS)
        return done

    def progress(self, done: set[int]) -> str:
        """Return how many lines all workers have done, and how many in a second."""
        lines = self._count(done)
        rate = (lines - self.recalled) / max(time.monotonic() - self.started, 1e-9)
        return f"{lines:,} of {self.manifest.lines:,} lines, {rate:.1f} lines/s"

    def kept(self) -> int:
        """Return the number of lines that are done."""
        return self._count(self.folder.done())

    def _count(self, done: set[int]) -> int:
        return sum(self.manifest.shards[number].lines for number in done)


def job_path(output: str) -> Path:
    """Return .NAME.parts beside the file `output`, links resolved."""
    target = Path(os.path.realpath(output))
    return target.with_name(f".{target.name}.parts")


@contextmanager
def open_job(work: JobWork, options: WorkerOptions, resume: bool) -> Iterator[ShardedJob | None]:
    """Start the workers of a job, which go on where earlier ones ended; the block joins the parts.

    Args:
        work: what is to be done.
        options: of the workers.
        resume: whether to use parts that are there; else they are removed.

    Yields:
        The job; None where another command has written the outputs, or does so.

    Raises:
        RunError: there are parts of another job, or another command has this one.
    """
    folder, is_shared = JobFolder(job_path(work.output)), options.engine == "shared"
    with ExitStack() as stack:
        if not is_shared:
            stack.enter_context(lock_file(folder.path))
            if not resume:
                folder.remove()
        manifest = open_manifest(folder, work, options)
        if folder.is_complete():
            yield None
            return
        spec = JobSpec(
            str(folder.path), work.loader, work.options, parse_duration(options.lease),
            options.max_rejects, str(Path.cwd()),
        )  # fmt: skip
        with watched_job(folder, manifest, spec, options) as job:
            if is_shared:
                job.wait()
            if is_shared and not _may_join(folder, spec.lease):
                yield None
                return
            with renewed(folder, JOIN, spec.lease):
                yield job
        if is_shared:
            folder.complete()
        else:
            folder.remove()


@contextmanager
def watched_job(
    folder: JobFolder, manifest: Manifest, spec: JobSpec, options: WorkerOptions
) -> Iterator[ShardedJob]:
    """Start workers, which end with the block; tell what is kept if it is interrupted."""
    workers = start_workers(spec, options)
    try:
        job = ShardedJob(folder, manifest, workers)
        yield job
    except BaseException as error:
        workers.close()
        if isinstance(error, KeyboardInterrupt):
            kept = f"{job.kept():,} lines are kept in {escaped(str(folder.path))}"
            print(f"{kept}: the same command goes on", file=sys.stderr)
        if options.engine != "shared" and not folder.done():
            folder.remove()  # nothing is lost, and nothing stays
        raise
    workers.close()


def start_workers(spec: JobSpec, options: WorkerOptions) -> LocalWorkers | RayWorkers:
    """Start the workers that the options ask for."""
    if options.engine == "ray":
        return RayWorkers(spec, options.processes, options.address)
    return LocalWorkers(spec, options.processes)


def _may_join(folder: JobFolder, lease: float) -> bool:
    """Wait until the outputs are written; return True if this process is to write them."""
    worker = f"join-{os.getpid()}"
    while not folder.is_complete():
        if folder.take(JOIN, worker, lease):
            return not folder.is_complete()
        time.sleep(LOOK_SECONDS)
    return False


def open_manifest(folder: JobFolder, work: JobWork, options: WorkerOptions) -> Manifest:
    """Return the manifest of a job, which is written if it is new.

    Raises:
        RunError: the folder is of another job.
    """
    most = -(-max(options.lines, 1) // work.block) * work.block
    facts = {**work.facts, "workers.lines": most}
    manifest = Manifest.from_json(
        Manifest(facts, work.texts, cut_texts(work.texts, most)).to_json()
    )
    stored = folder.read_manifest()
    if stored is None or (folder.is_complete() and not Path(work.output).exists()):
        if stored is not None or options.engine != "shared":
            folder.remove()  # else another command may just be creating it
    elif different := stored.differences(manifest):
        names, path = ", ".join(different), escaped(str(folder.path))
        raise RunError(
            f"{path} has the parts of another job, which differs in {names}: "
            "remove it to begin anew, or give the command of that job"
        )
    else:
        return stored
    folder.create()
    folder.write_manifest(manifest)
    return manifest
