"""Workers as tasks of a Ray cluster; a node that vanishes is replaced by what is left."""

import logging
import os
from pathlib import Path
from typing import Any

from seq2seq.errors import ConfigError, RunError
from seq2seq.jobs.folder import JobFolder
from seq2seq.jobs.shards import JobSpec, work_off

MAX_DEATHS = 1000  # of workers in one job, after which it ends


class RayWorkers:
    """Tasks that work on a job until it is done."""

    def __init__(self, spec: JobSpec, count: int, address: str | None) -> None:
        try:
            import ray
        except ImportError:
            raise ConfigError(
                "workers.engine=ray needs a package: pip install 'seq2seq[cluster]'"
            ) from None
        self.ray: Any = ray
        self.spec, self.folder = spec, JobFolder(Path(spec.folder))
        self._started = self._deaths = 0
        self._is_ours = not ray.is_initialized()
        if self._is_ours:
            known = address or os.environ.get("RAY_ADDRESS")
            where: dict[str, Any] = {"address": known} if known else {"num_cpus": count}
            try:
                ray.init(
                    **where,
                    log_to_driver=False,
                    logging_level=logging.ERROR,
                    include_dashboard=False if not known else None,
                )
            except (ConnectionError, RuntimeError, ValueError) as error:
                raise ConfigError(f"workers.address={known}: {error}") from None
        # Without a decorator: the package may be missing.
        self._work: Any = ray.remote(num_cpus=1, max_retries=0, scheduling_strategy="SPREAD")(
            work_off
        )
        self.tasks: dict[Any, str] = {}
        for _ in range(count):
            self._add()

    def _add(self) -> None:
        self._started += 1
        worker = f"ray-{os.getpid()}-{self._started}"
        self.tasks[self._work.remote(self.spec, worker)] = worker

    def check(self, done: int) -> None:
        """Replace workers that have died; see `LocalWorkers.check`."""
        del done
        ready, _ = self.ray.wait(list(self.tasks), timeout=0) if self.tasks else ([], [])
        for task in ready:
            worker = self.tasks.pop(task)
            try:
                error = self.ray.get(task)
            except self.ray.exceptions.WorkerCrashedError as crash:
                self._replace(worker, "its worker ended", crash)
            except self.ray.exceptions.RayError as lost:  # its node has vanished: not the lines
                self._replace(worker, "", lost)
            else:
                if error:
                    raise RunError(error)

    def _replace(self, worker: str, reason: str, error: Exception) -> None:
        self.folder.note_death(worker, reason)
        self._deaths += 1
        if self._deaths > MAX_DEATHS or isinstance(error, self.ray.exceptions.RayTaskError):
            raise RunError(" ".join(str(error).split())[-300:]) from None
        self._add()

    def close(self) -> None:
        """End all tasks."""
        for task in self.tasks:
            self.ray.cancel(task, force=True)
        self.tasks = {}
        if self._is_ours:
            self.ray.shutdown()
