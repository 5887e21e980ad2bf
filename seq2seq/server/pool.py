"""The worker processes: batches for all, another process for one that dies, new runs for old."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from seq2seq.errors import UserError
from seq2seq.server.batching import LineBatch, LineQueue
from seq2seq.server.messages import LineJob, LineOptions
from seq2seq.server.metrics import ServerMetrics
from seq2seq.server.worker_process import WorkerDiedError

log = logging.getLogger("seq2seq.serve")

MAX_PAUSE = 30.0  # seconds between the tries to start a worker that does not start


class Worker(Protocol):
    """A worker, as `WorkerProcess` is one."""

    runs: Sequence[dict[str, Any]]

    @property
    def is_alive(self) -> bool:
        """Return whether it can translate."""

    async def translate(
        self, options: LineOptions, jobs: Sequence[LineJob], timeout: float
    ) -> list[dict[str, Any]]:
        """Return the results of a batch of lines."""

    async def wait(self) -> None:
        """Wait for its end."""

    async def close(self) -> None:
        """End it when it has answered."""

    def kill(self) -> None:
        """End it at once."""


StartWorker = Callable[[], Awaitable[Worker]]


class WorkerPool:
    """Workers that translate the lines of a queue."""

    def __init__(
        self, start_worker: StartWorker, queue: LineQueue, metrics: ServerMetrics, size: int,
        batch: int, timeout: float,
    ) -> None:  # fmt: skip
        """Take the configuration.

        Args:
            start_worker: returns a worker that has loaded its runs.
            queue: of lines.
            metrics: counts.
            size: number of processes.
            batch: lines that are translated together, at most.
            timeout: seconds that a batch may take.
        """
        self.start_worker, self.queue, self.metrics = start_worker, queue, metrics
        self.size, self.batch, self.timeout = size, batch, timeout
        self.workers: list[Worker] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._locks: list[asyncio.Lock] = []

    @property
    def runs(self) -> Sequence[dict[str, Any]]:
        """Return what the workers say of their runs."""
        return self.workers[0].runs

    async def start(self) -> None:
        """Start all processes, and wait until they have loaded their runs.

        Raises:
            ConfigError: a run cannot be loaded.
            WorkerDiedError: a process ended without a message.
        """
        self.workers = await self._start_workers()
        self._locks = [asyncio.Lock() for _ in range(self.size)]
        for slot in range(self.size):
            self._tasks.append(asyncio.create_task(self._serve(slot)))
            self._tasks.append(asyncio.create_task(self._watch(slot)))

    async def _start_workers(self) -> list[Worker]:
        starts = [self.start_worker() for _ in range(self.size)]
        return list(await asyncio.gather(*starts))

    async def reload(self) -> None:
        """Replace all processes by new ones, which read the runs again.

        The old ones answer what they have been given. Where a run cannot be read, they stay.
        """
        try:
            started = await self._start_workers()
        except (UserError, WorkerDiedError) as error:
            log.warning("the runs have changed and cannot be loaded, the old ones stay: %s", error)
            return
        before, self.workers = self.workers, started
        self.metrics.reloads.inc()
        log.info("the runs have changed and are loaded again")
        await asyncio.gather(*(worker.close() for worker in before))

    async def close(self) -> None:
        """End all processes."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for worker in self.workers:
            worker.kill()

    async def _serve(self, slot: int) -> None:
        """Give batches to one of the workers for ever."""
        while True:
            batch = await self.queue.take(self.batch)
            try:
                await self._translate(self.workers[slot], batch)
            except WorkerDiedError:
                self.queue.put_back(batch)
                await self._replace(slot)

    async def _translate(self, worker: Worker, batch: LineBatch) -> None:
        jobs = [line.job for line in batch.lines]
        self.metrics.batch_lines.observe(len(jobs))
        results = await worker.translate(batch.options, jobs, self.timeout)
        for line, result in zip(batch.lines, results, strict=True):
            if not line.future.done():  # its client may have gone
                line.future.set_result(result)

    async def _watch(self, slot: int) -> None:
        """Replace a worker that ends, even if nobody has asked it for anything."""
        while True:
            worker = self.workers[slot]
            await worker.wait()
            if self.workers[slot] is worker:
                await self._replace(slot)

    async def _replace(self, slot: int) -> None:
        """Start another worker for one that has died, for as long as it takes."""
        pause = 0.1
        async with self._locks[slot]:
            while not (dead := self.workers[slot]).is_alive:
                self.metrics.worker_deaths.inc()
                log.warning("a worker process has ended, and is replaced")
                try:
                    worker = await self.start_worker()
                except (UserError, WorkerDiedError) as error:
                    log.warning("a worker process does not start: %s", error)
                    await asyncio.sleep(pause)
                    pause = min(2 * pause, MAX_PAUSE)
                    continue
                if self.workers[slot] is dead:
                    self.workers[slot] = worker
                else:  # the runs have been read again in the meantime
                    worker.kill()
