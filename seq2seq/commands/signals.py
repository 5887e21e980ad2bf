"""Interrupts, and standard output that is written out before the process ends."""

import logging
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from seq2seq.errors import Stopped


@contextmanager
def flushed_stdout() -> Iterator[None]:
    """Within this block things are printed; at its end they are written out.

    Python would do so when it ends, and tell of a full disk there, in several lines. If whoever
    reads our output has gone, there is nobody left to tell: the process ends with status 1.
    """
    logging.raiseExceptions = False  # nor does training end with whoever reads what it says
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


@contextmanager
def interruptible() -> Iterator[None]:
    """Within this block Ctrl-C and SIGTERM alike are raised as `Stopped`.

    Unless the process was told to ignore one, as the shell tells what it starts in the background.
    """

    def stop(number: int, frame: FrameType | None) -> None:
        del frame
        raise Stopped(number)

    numbers = [n for n in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(n) != signal.SIG_IGN]
    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def environment_variable(name: str, value: str) -> Iterator[None]:
    """Within this block the environment variable `name` has `value`."""
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        os.environ.pop(name)
        if before is not None:
            os.environ[name] = before
