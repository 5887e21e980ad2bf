"""Signals, standard streams and the environment of a command."""

import io
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType

from seq2seq.errors import Stopped


@contextmanager
def flushed_stdout() -> Iterator[None]:
    """Flush standard output at the end of this block.

    Python would do so when the process ends, and report a full disk there in several lines. If the
    reader of standard output has gone, the process ends with status 1 and prints nothing.
    """
    logging.raiseExceptions = False  # training continues when the reader of its log has gone
    try:
        try:
            yield
        finally:
            if sys.stdout:
                sys.stdout.flush()
    except OSError as error:
        if sys.stdout:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            raise SystemExit(1) from None
        raise


def use_utf8() -> None:
    """Make the standard streams UTF-8 in every locale; undecodable characters are replaced."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            errors = "replace" if stream is sys.stdin else "backslashreplace"
            stream.reconfigure(encoding="utf-8", errors=errors)


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise `Stopped` on SIGINT, SIGTERM and SIGUSR1 within this block.

    A signal that the process ignores stays ignored, as SIGINT of processes that a shell starts in
    the background. Slurm sends SIGUSR1 before the end of a job.
    """

    def stop(number: int, frame: FrameType | None) -> None:
        del frame
        raise Stopped(number)

    numbers = [n for n in stop_signals() if signal.getsignal(n) != signal.SIG_IGN]
    with handled(numbers, stop):
        yield


def stop_signals() -> list[signal.Signals]:
    """Return the signals that ask for an end; Windows has no SIGUSR1."""
    names = ("SIGINT", "SIGTERM", "SIGUSR1")
    return [getattr(signal, name) for name in names if hasattr(signal, name)]


@contextmanager
def handled(
    numbers: Iterable[int], handler: Callable[[int, FrameType | None], None]
) -> Iterator[None]:
    """Handle signals with `handler` within this block."""
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)


@contextmanager
def environment_variable(name: str, value: str) -> Iterator[None]:
    """Set the environment variable `name` to `value` within this block."""
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        os.environ.pop(name)
        if before is not None:
            os.environ[name] = before
