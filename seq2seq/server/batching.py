"""The queue of lines: those that wait while a batch is translated are the next batch."""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Any, NamedTuple

from seq2seq.server.messages import LineJob, LineOptions

MAX_TRIES = 2  # of a line whose worker dies
FAILED = {"error": "the text cannot be translated", "status": 500}


class Waiting:
    """A line in the queue."""

    __slots__ = ("future", "is_alone", "job", "options", "tries")

    def __init__(self, options: LineOptions, job: LineJob, future: asyncio.Future[Any]) -> None:
        self.options, self.job, self.future = options, job, future
        self.tries = 0
        self.is_alone = False  # to be translated in a batch of its own


class LineBatch(NamedTuple):
    """Lines that are translated together."""

    options: LineOptions
    lines: list[Waiting]


class LineQueue:
    """Lines of requests in the order in which they came, with turns between requests.

    A request of many lines does not keep others waiting: each batch has lines of as many requests
    as there are.
    """

    def __init__(self) -> None:
        self._requests: deque[deque[Waiting]] = deque()
        self._arrived = asyncio.Event()
        self.count = 0  # lines that wait

    def put(
        self, options: LineOptions, jobs: Sequence[LineJob]
    ) -> list[asyncio.Future[dict[str, Any]]]:
        """Add the lines of a request, and return the futures of their results."""
        loop = asyncio.get_running_loop()
        lines = deque(Waiting(options, job, loop.create_future()) for job in jobs)
        if lines:
            self._requests.append(lines)
            self.count += len(lines)
            self._arrived.set()
        return [line.future for line in lines]

    def put_back(self, batch: LineBatch) -> None:
        """Add the lines of a batch whose worker died, each in a batch of its own.

        One that has been tried before fails: it may be the reason.
        """
        again = deque[Waiting]()
        for line in batch.lines:
            line.tries += 1
            line.is_alone = True
            if line.tries < MAX_TRIES:
                again.append(line)
            elif not line.future.done():
                line.future.set_result(FAILED)
        if again:
            self._requests.appendleft(again)
            self.count += len(again)
            self._arrived.set()

    async def take(self, size: int) -> LineBatch:
        """Return the next batch of at most `size` lines; wait until there is one."""
        while True:
            if batch := self._take(size):
                return batch
            self._arrived.clear()
            await self._arrived.wait()

    def _take(self, size: int) -> LineBatch | None:
        self._drop_cancelled()
        if not self._requests:
            return None
        first = self._requests[0][0]
        if first.is_alone:
            self._requests[0].popleft()
            self.count -= 1
            return LineBatch(first.options, [first])
        taken: list[Waiting] = []
        others: deque[deque[Waiting]] = deque()
        alike = [each for each in self._requests if self._may_join(each[0], first.options)]
        share = max(1, size // len(alike))
        for lines in alike:
            if len(taken) >= size:
                break
            count = min(share, size - len(taken), len(lines))
            taken += [lines.popleft() for _ in range(count)]
        for lines in alike:  # what is left of few long requests, up to the size
            while lines and len(taken) < size:
                taken.append(lines.popleft())
        others.extend(each for each in self._requests if each)
        others.rotate(-1 if others and others[0] is alike[0] else 0)
        self._requests = others
        self.count -= len(taken)
        return LineBatch(first.options, taken)

    @staticmethod
    def _may_join(line: Waiting, options: LineOptions) -> bool:
        return line.options == options and not line.is_alone

    def _drop_cancelled(self) -> None:
        """Drop the lines of clients that have gone, which are those at the front of a request."""
        for lines in self._requests:
            while lines and lines[0].future.done():
                lines.popleft()
                self.count -= 1
        self._requests = deque(lines for lines in self._requests if lines)
