"""Work on chunks of a corpus in several processes, with results in the order of the chunks."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

MAX_PROCESSES = 8  # each takes some 100 MB
MIN_CHUNKS = 6  # fewer take less time than processes take to start
WAITING = 2  # chunks for each process that are sent ahead


def usable_processors() -> int:
    """Return the number of processors that this process may use, at most `MAX_PROCESSES`."""
    if hasattr(os, "sched_getaffinity"):
        return min(MAX_PROCESSES, len(os.sched_getaffinity(0)))
    return min(MAX_PROCESSES, os.cpu_count() or 1)


@contextmanager
def chunk_pool(chunks: int) -> Iterator[Executor | None]:
    """Yield processes for so many chunks; None where one process is as good."""
    processes = min(usable_processors(), chunks)
    if chunks < MIN_CHUNKS or processes == 1:
        yield None
        return
    with process_pool(processes) as pool:
        yield pool


@contextmanager
def process_pool(
    processes: int, begin: Callable[[], object] | None = None
) -> Iterator[ProcessPoolExecutor]:
    """Yield processes, which end with this one; each calls `begin` first.

    The processes are new ones and no forks: this one may have threads.
    """
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(processes, context, initializer=_begin, initargs=(begin,))
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _begin(begin: Callable[[], object] | None) -> None:
    """Leave interruption to the parent, and end with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if begin is not None:
        begin()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def map_in_order(
    pool: Executor | None, function: Callable[[Item], Result], items: Iterable[Item]
) -> Iterator[Result]:
    """Yield `function(item)` for each item, in order; a few items at a time are in memory.

    If the processes cannot be started or are killed, this one goes on with the work.

    Args:
        pool: as `chunk_pool` yields it.
        function: of a module, or a `partial` of one, with arguments that can be pickled.
        items: read by this process.
    """
    remaining = iter(items)
    waiting: deque[tuple[Item, Future[Result] | None]] = deque()  # None: not sent
    ahead = WAITING * usable_processors()
    while True:
        for item in islice(remaining, max(1, ahead - len(waiting)) if pool else 1):
            waiting.append((item, None))
            with suppress(BrokenProcessPool):
                if pool is not None:
                    waiting[-1] = (item, pool.submit(function, item))
        if not waiting:
            return
        item, future = waiting.popleft()
        try:
            result = function(item) if future is None else future.result()
        except BrokenProcessPool:
            result = function(item)
        yield result
