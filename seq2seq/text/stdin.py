"""Lines of a stream, grouped as they arrive."""

import queue
import threading
from collections.abc import Callable, Iterable, Iterator

from seq2seq.text.lines import require_line_size

READ_BYTES = 2**16  # bytes of one read: the capacity of a pipe


def split_lines(read: Callable[[int], bytes], name: str) -> Iterator[bytes]:
    r"""Yield lines with their \n, each as soon as it is complete.

    Args:
        read: a function of n, which returns at most n bytes, and b"" at the end.
        name: name of the stream, for messages.

    Raises:
        TextError: a line is too long (`require_line_size`).
    """
    number, size = 1, 0  # of the line that is not complete, and its bytes
    parts: list[bytes] = []
    while chunk := read(READ_BYTES):
        *complete, rest = chunk.split(b"\n")
        for end in complete:
            require_line_size(size + len(end) + 1, name, number)
            yield b"".join([*parts, end, b"\n"])
            number, size, parts = number + 1, 0, []
        if rest:
            size += len(rest)
            require_line_size(size, name, number)
            parts.append(rest)
    if parts:
        yield b"".join(parts)


def available_lines(lines: Iterable[str], most: int) -> Iterator[list[str]]:
    """Yield groups of 1 to `most` lines: the lines that have arrived since the previous group.

    A typed line is thus yielded at once, and a large file is yielded in large groups. An
    exception of `lines` is raised here, after the lines before it.

    The thread that reads may be blocked when the process ends: `lines` must not read from a buffer
    that Python closes at exit, such as the buffer of `sys.stdin`.
    """
    waiting: queue.Queue[str | BaseException] = queue.Queue(maxsize=2 * most)

    def read() -> None:
        try:
            for line in lines:
                waiting.put(line)
            waiting.put(StopIteration())
        except BaseException as error:  # raised in the thread that iterates
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
    """Return the waiting lines, at most `most`, and the exception that ends them, if any.

    The call blocks until there is a line or the end.
    """
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
