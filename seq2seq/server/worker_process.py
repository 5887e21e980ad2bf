"""A worker process as the server has it: started, given batches, and stopped."""

import asyncio
import json
import logging
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from seq2seq.errors import ConfigError
from seq2seq.server.messages import LENGTH_BYTES, LineJob, LineOptions, encode

log = logging.getLogger("seq2seq.serve")

PACKAGE_FOLDER = Path(__file__).resolve().parent.parent.parent
START = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from seq2seq.server.worker import run_worker; run_worker()"
)


def worker_environment(threads: int) -> dict[str, str]:
    """Return the environment of a process, in which OMP_NUM_THREADS may be given already."""
    limited = {"OMP_NUM_THREADS": str(threads)} if threads else {}
    return {**limited, **os.environ}


class WorkerDiedError(Exception):
    """The process ended, or was ended, before it had answered."""


class WorkerProcess:
    """A process that translates, one batch at a time."""

    def __init__(self, process: Process, runs: Sequence[dict[str, Any]]) -> None:
        self.process = process
        self.runs = runs  # what it says of its runs, see `Engine.describe`
        self._lock = asyncio.Lock()
        self._is_broken = False  # it has ended, or is about to

    @classmethod
    async def start(cls, options: Any, threads: int = 0) -> "WorkerProcess":
        """Start a process, and wait until it has loaded its runs.

        Args:
            options: the configuration as plain data.
            threads: of a process that is one of several; 0: as many as torch takes.

        Raises:
            ConfigError: a run cannot be loaded; the message is one line.
            WorkerDiedError: the process ended without a message.
        """
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", START, str(PACKAGE_FOLDER), stdin=PIPE, stdout=PIPE,
            start_new_session=True, env=worker_environment(threads),
        )  # fmt: skip
        worker = cls(process, [])
        try:
            answer = await worker._ask(options)
        except BaseException:
            worker.kill()
            raise
        if "error" in answer:
            await worker.close()
            raise ConfigError(answer["error"])
        worker.runs = answer["runs"]
        return worker

    @property
    def is_alive(self) -> bool:
        """Return whether the process runs."""
        return not self._is_broken and self.process.returncode is None

    async def wait(self) -> None:
        """Wait for its end."""
        await self.process.wait()

    async def translate(
        self, options: LineOptions, jobs: Sequence[LineJob], timeout: float
    ) -> list[dict[str, Any]]:
        """Return the results of a batch of lines; see `Engine.translate`.

        Args:
            options: of all lines.
            jobs: the lines.
            timeout: seconds after which the process is ended.

        Raises:
            WorkerDiedError: it ended before it had answered.
        """
        try:
            async with asyncio.timeout(timeout), self._lock:
                answer: list[dict[str, Any]] = await self._ask({"options": options, "lines": jobs})
                return answer
        except TimeoutError:
            log.warning("a batch took more than %g seconds: its worker is replaced", timeout)
            self.kill()
            raise WorkerDiedError from None
        except asyncio.CancelledError:
            self.kill()  # its answer would be taken for that of the next batch
            raise

    async def _ask(self, message: Any) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(encode(message))
            await self.process.stdin.drain()
            length = await self.process.stdout.readexactly(LENGTH_BYTES)
            return json.loads(await self.process.stdout.readexactly(int.from_bytes(length, "big")))
        except (asyncio.IncompleteReadError, ConnectionError, BrokenPipeError):
            self.kill()
            raise WorkerDiedError from None

    async def close(self) -> None:
        """End the process when it has answered."""
        async with self._lock:
            if self.process.stdin is not None:
                self.process.stdin.close()
            await self.process.wait()

    def kill(self) -> None:
        """End the process at once."""
        self._is_broken = True
        with suppress(ProcessLookupError):
            self.process.kill()
