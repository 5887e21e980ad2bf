"""Lines as they come in, without waiting for more than is there."""

import queue
import threading
from collections.abc import Callable, Iterable, Iterator

READ_BYTES = 2**16  # bytes that are asked for at a time: as many as a pipe holds


def split_lines(read: Callable[[int], bytes]) -> Iterator[bytes]:
    r"""Lines with their \n, each as soon as it is there, of what `read` gives: b"" at the end."""
    begun: list[bytes] = []  # parts of a line that has not ended
    while chunk := read(READ_BYTES):
        *ended, last = chunk.split(b"\n")
        for part in ended:
            yield b"".join([*begun, part, b"\n"])
            begun = []
        if last:
            begun.append(last)
    if begun:
        yield b"".join(begun)


def available_lines(lines: Iterable[str], most: int) -> Iterator[list[str]]:
    """Groups of 1 to `most` lines: whatever has come in since the group before.

    So a line that somebody types is answered at once, and a large file comes in large groups. What
    the source raises is raised here, after the lines before it.

    The thread that reads may be in the middle of it when the process ends: `lines` must not come
    out of a buffer that Python closes then, as it does with `sys.stdin`.
    """
    waiting: queue.Queue[str | BaseException] = queue.Queue(maxsize=2 * most)

    def read() -> None:
        try:
            for line in lines:
                waiting.put(line)
            waiting.put(StopIteration())
        except BaseException as error:  # handed over to whoever reads
            waiting.put(error)

    threading.Thread(target=read, daemon=True).start()
    end: BaseException | None = None
    while end is None:
        group, end = _drain(waiting, most)
        if group:
            yield group
    if not isinstance(end, StopIteration):
        raise end


def _drain(
    waiting: "queue.Queue[str | BaseException]", most: int
) -> tuple[list[str], BaseException | None]:
    """What waits, at least one item and at most `most`, and what ended it, if it has ended."""
    group: list[str] = []
    while len(group) < most:
        try:
            item = waiting.get(block=not group)
        except queue.Empty:
            break
        if isinstance(item, BaseException):
            return group, item
        group.append(item)
    return group, None
