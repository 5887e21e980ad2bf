"""Workers as processes of this machine, which end with the one that started them."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

from seq2seq.data.chunk_pool import usable_processors
from seq2seq.errors import RunError
from seq2seq.jobs.folder import JobFolder
from seq2seq.jobs.shards import JobSpec, work_off

FAILED_STARTS = 5  # deaths in a row without a part, after which a job ends
BEGIN = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from seq2seq.jobs.local_workers import serve_parent; serve_parent()"
)


def serve_parent() -> None:
    """Work on the job that the parent names on standard input; end when it closes that."""
    spec, worker = json.loads(sys.stdin.readline())

    def end_with_parent() -> None:
        os.read(0, 1)
        os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()
    answer = os.dup(1)
    os.dup2(2, 1)  # what a library prints is no answer
    os.write(answer, work_off(JobSpec(*spec), worker).encode()[:4000])
    os._exit(0)


class LocalWorkers:
    """Worker processes; one that dies is replaced."""

    def __init__(self, spec: JobSpec, count: int) -> None:
        self.spec, self.folder = spec, JobFolder(Path(spec.folder))
        self.threads = max(1, usable_processors() // count)
        self._started = self._failed = self._parts = 0
        self.processes = {self._name(): self._start() for _ in range(count)}

    def _name(self) -> str:
        self._started += 1
        return f"{os.getpid()}-{self._started}"

    def _start(self) -> "subprocess.Popen[str]":
        root = str(Path(__file__).resolve().parent.parent.parent)
        threads = {"OMP_NUM_THREADS": str(self.threads)}
        process = subprocess.Popen(
            [sys.executable, "-c", BEGIN, root], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            start_new_session=True, text=True, encoding="utf-8", env={**threads, **os.environ},
        )  # fmt: skip
        assert process.stdin is not None
        process.stdin.write(json.dumps([self.spec, f"{os.getpid()}-{self._started}"]) + "\n")
        process.stdin.flush()
        return process

    def check(self, done: int) -> None:
        """Replace workers that have died.

        Args:
            done: shards that are done.

        Raises:
            RunError: a worker tells a user's mistake, or workers die before they do anything.
        """
        if done > self._parts:
            self._parts, self._failed = done, 0
        for worker, process in list(self.processes.items()):
            if (code := process.poll()) is None:
                continue
            del self.processes[worker]
            if code == 0:
                if error := process.communicate()[0]:
                    raise RunError(error)
                continue
            self.folder.note_death(worker, f"its worker ended with status {code}")
            self._failed += 1
            if self._failed > FAILED_STARTS * max(1, len(self.processes)):
                raise RunError(f"workers end with status {code}, one after the other")
            self.processes[self._name()] = self._start()

    def close(self) -> None:
        """End all workers at once."""
        for process in self.processes.values():
            process.kill()
            process.communicate()
        self.processes = {}
