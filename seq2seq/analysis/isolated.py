"""Work in a process of its own, and the most memory that it had."""

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
MB = 1024.0  # in the kilobytes of the kernel
MMAP_THRESHOLD = -3  # of glibc's malloc.h
EXACT_THRESHOLD, USUAL_THRESHOLD = (
    2**16,
    2**25,
)  # bytes; the second is what glibc raises its threshold to by itself


def run_isolated(work: Iterable[Callable[[], T]]) -> Iterator[T]:
    """What each of `work`, which can be pickled, returns from a fresh process of its own.

    Where the system can fork, the processes are copies of one that has imported this package's
    modules and done nothing: they are there at once, and their memory is alike.
    """
    forks = "forkserver" in multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if forks else "spawn")
    if forks:
        context.set_forkserver_preload(["seq2seq.analysis.report"])
    with ProcessPoolExecutor(1, context, max_tasks_per_child=1) as pool:
        for each in work:
            yield pool.submit(each).result()


def set_mmap_threshold(below: int) -> None:
    """Keep freed blocks `below` so many bytes for later; larger ones go back to the system at once.

    What glibc's malloc keeps is not what work needs: with `EXACT` memory is the same each time, and
    with `USUAL` work takes the time that it takes elsewhere. Other systems have ways of their own.
    """
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).mallopt(MMAP_THRESHOLD, below)


def reset_peak() -> None:
    """Let `peak` begin anew, where the system can."""
    with suppress(OSError):
        REFERENCES.write_text("5", encoding="ascii")


def resident_memory() -> float:
    """Return the memory of this process now, in MB; its peak where the system does not tell."""
    return _proc_status("VmRSS:")


def peak_resident_memory() -> float:
    """The most memory that this process has had since `forget`, in MB."""
    return _proc_status("VmHWM:")


def _proc_status(name: str) -> float:
    if STATUS.exists():
        lines = STATUS.read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) / MB for line in lines if line.startswith(name))
    return float(peak_memory())
