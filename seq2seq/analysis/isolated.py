"""Function calls in processes of their own, and the peak memory of a process."""

import ctypes
import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from seq2seq.hardware import peak_memory

T = TypeVar("T")

STATUS, REFERENCES = Path("/proc/self/status"), Path("/proc/self/clear_refs")
KB_PER_MB = 1024.0
MMAP_THRESHOLD = -3  # the option of mallopt in glibc's malloc.h
# Bytes. The second is the largest threshold that glibc chooses by itself.
EXACT_THRESHOLD, USUAL_THRESHOLD = 2**16, 2**25


def run_isolated(calls: Iterable[Callable[[], T]]) -> Iterator[T]:
    """Run each of `calls` in a fresh process, and yield the results in order.

    Where the system can fork, each process is a fork of one that has imported the modules of
    `seq2seq.analysis.report` and done nothing else: it starts at once, and its memory is the same
    each time.

    Args:
        calls: functions without arguments, which can be pickled.
    """
    can_fork = "forkserver" in multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if can_fork else "spawn")
    if can_fork:
        context.set_forkserver_preload(["seq2seq.analysis.report"])
    with ProcessPoolExecutor(1, context, max_tasks_per_child=1) as pool:
        for call in calls:
            yield pool.submit(call).result()


def set_mmap_threshold(size: int) -> None:
    """Set the size in bytes from which freed blocks return to the system at once.

    With `EXACT_THRESHOLD` the resident memory is that of the tensors in use, without the caches of
    glibc's malloc; with `USUAL_THRESHOLD` allocations are as fast as in other programs. Systems
    without glibc ignore the call.
    """
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).mallopt(MMAP_THRESHOLD, size)


def reset_peak() -> None:
    """Reset the peak of `peak_resident_memory`, where the system allows it."""
    with suppress(OSError):
        REFERENCES.write_text("5", encoding="ascii")


def resident_memory() -> float:
    """Return the resident memory of this process in MB; without /proc, its peak instead."""
    return _proc_status("VmRSS:")


def peak_resident_memory() -> float:
    """Return the peak resident memory of this process since `reset_peak`, in MB."""
    return _proc_status("VmHWM:")


def _proc_status(name: str) -> float:
    """Read a line of /proc/self/status, in MB; without /proc, return the peak of the process."""
    if STATUS.exists():
        lines = STATUS.read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) / KB_PER_MB for line in lines if line.startswith(name))
    return float(peak_memory() or 0)
