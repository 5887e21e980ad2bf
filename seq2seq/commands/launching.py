"""Start of the processes that train one network together on one machine: `train.processes`.

What `torchrun --standalone` does, with one line about a process that fails in place of a page.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from seq2seq.commands.signals import handled, stop_signals
from seq2seq.errors import RunError

HOST = "127.0.0.1"
POLL_SECONDS = 0.1
OWN_SECONDS = 3  # that processes have to end by themselves after one has failed
GRACE_SECONDS = 15  # that they have to end after a signal
LOST = 75  # status of a process that another one has left alone


def train_together(words: Sequence[str], count: int) -> None:
    """Run `python -m seq2seq.train` in `count` processes that train together, until they end.

    A signal is passed on to all of them. If one fails, the others are ended.

    Args:
        words: the command line of each.
        count: the number of processes.

    Raises:
        RunError: a process was ended by a signal.
        SystemExit: a process has failed, and has printed why.
    """
    command = [sys.executable, "-m", "seq2seq.train", *words]
    port = free_port()
    # The frame of this command has set this variable for itself: a mistake is one line there, too.
    own = {name: value for name, value in os.environ.items() if name != "HYDRA_FULL_ERROR"}
    processes = [
        subprocess.Popen(command, env=own | rank_environment(rank, count, port))
        for rank in range(count)
    ]
    try:
        with passed_on(processes):
            wait_for_failure(processes)
    finally:
        stopped = end(processes)
    codes = {rank: process.returncode for rank, process in enumerate(processes)}
    failed = {rank: code for rank, code in codes.items() if code and rank not in stopped}
    causes = {rank: code for rank, code in failed.items() if code != LOST} or failed
    for rank, code in causes.items():
        if code > 0:  # it has said why
            raise SystemExit(code)
        reason = f"process {rank} of {count} was ended by signal {-code}"
        raise RunError(f"{reason}: resume=true goes on")


def rank_environment(rank: int, count: int, port: int) -> dict[str, str]:
    """Return the variables by which a process finds the others, as torchrun sets them."""
    threads = max(1, (os.cpu_count() or 1) // count)
    return {
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "WORLD_SIZE": str(count),
        "LOCAL_WORLD_SIZE": str(count),
        "MASTER_ADDR": HOST,
        "MASTER_PORT": str(port),
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", str(threads)),
    }


def free_port() -> int:
    """Return a port of this machine that nobody listens to."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def passed_on(processes: Sequence["subprocess.Popen[bytes]"]) -> Iterator[None]:
    """Pass signals that ask for an end on to `processes` within this block."""

    def pass_on(number: int, frame: FrameType | None) -> None:
        del frame
        for process in processes:
            if process.poll() is None:
                process.send_signal(number)

    with handled(stop_signals(), pass_on):
        yield


def wait_for_failure(processes: Sequence["subprocess.Popen[bytes]"]) -> None:
    """Wait until all processes have ended or one has failed."""
    while True:
        codes = [process.poll() for process in processes]
        if any(codes) or None not in codes:
            return
        time.sleep(POLL_SECONDS)


def end(processes: Sequence["subprocess.Popen[bytes]"]) -> set[int]:
    """End the processes that still run; return the ranks of those that did not end by themselves.

    Those that have lost the connection to one that failed end by themselves.
    """
    deadline = time.monotonic() + OWN_SECONDS
    while time.monotonic() < deadline and any(process.poll() is None for process in processes):
        time.sleep(POLL_SECONDS)
    running = {rank: each for rank, each in enumerate(processes) if each.poll() is None}
    for process in running.values():
        process.terminate()
    deadline = time.monotonic() + GRACE_SECONDS
    for process in running.values():
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    return set(running)
