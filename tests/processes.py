"""Commands in processes of their own: forks of a process that has imported torch, where it can be.

A fresh interpreter needs two seconds before a command begins. `start_command` and `run_command`
fork instead, and start a fresh interpreter on systems without forks, or for a test that asks.
"""

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO

PIPE, DEVNULL = subprocess.PIPE, subprocess.DEVNULL
CAN_FORK = hasattr(os, "fork") and hasattr(socket, "send_fds")


class ForkedCommand:
    """A command in a fork, with the methods and attributes of `subprocess.Popen` for texts.

    Attributes:
        seconds: CPU time, once it has ended.
    """

    def __init__(self, request: dict[str, object], streams: tuple[int, int, int]) -> None:
        self.args = request["words"]
        self.returncode: int | None = None
        self.seconds = 0.0
        ends = [_ends(stream, number) for number, stream in enumerate(streams)]
        theirs = [descriptor for descriptor, _ in ends]
        self.stdin, self.stdout, self.stderr = (ours for _, ours in ends)
        self._answers, answer = os.pipe()
        server = _server()
        socket.send_fds(server, [b" "], [*theirs, answer])
        server.sendall(f"{json.dumps(request)}\n".encode())
        for descriptor, stream in zip((*theirs, answer), (*streams, PIPE), strict=True):
            if stream in (PIPE, DEVNULL):
                os.close(descriptor)
        self.pid = int(self._line())

    def poll(self) -> int | None:
        """Return the status, or None while the command runs."""
        return self._await(0.0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end, and return the status."""
        if (status := self._await(timeout)) is None:
            raise subprocess.TimeoutExpired(str(self.args), timeout or 0.0)
        return status

    def send_signal(self, number: int) -> None:
        """Send a signal, unless the command has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End the command at once."""
        self.send_signal(signal.SIGKILL)

    def communicate(self, text: str = "", timeout: float | None = None) -> tuple[str, str]:
        """Give the command the rest of its input, and return the rest of both outputs."""
        with ThreadPoolExecutor(2) as readers:
            outputs = [
                readers.submit(stream.read) if stream and not stream.closed else None
                for stream in (self.stdout, self.stderr)
            ]
            try:
                if self.stdin and not self.stdin.closed:
                    with suppress(BrokenPipeError):  # it needs no more
                        self.stdin.write(text)
                        self.stdin.close()
                self.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()
                raise
            out, err = (output.result() if output else "" for output in outputs)
        for stream in (self.stdout, self.stderr):
            if stream:
                stream.close()
        return out, err

    def _await(self, timeout: float | None) -> int | None:
        if self.returncode is None and select.select([self._answers], [], [], timeout)[0]:
            self.returncode, self.seconds = json.loads(self._line())
            os.close(self._answers)
        return self.returncode

    def _line(self) -> bytes:
        line = b""
        while not line.endswith(b"\n"):  # no byte of the next line
            line += os.read(self._answers, 1)
        return line


Command = ForkedCommand | subprocess.Popen[str]


def start_command(
    name: str,
    *words: str,
    folder: Path | str = ".",
    stdin: int = PIPE,
    stdout: int = PIPE,
    stderr: int = PIPE,
    megabytes: int = 0,
    is_fresh: bool = False,
    environment: dict[str, str] | None = None,
) -> Command:
    """Start `python -m seq2seq.NAME WORDS` in `folder`.

    Args:
        name: the command.
        words: its arguments.
        folder: where it runs.
        stdin: a descriptor, or PIPE or DEVNULL of `subprocess`.
        stdout: likewise.
        stderr: likewise.
        megabytes: a limit of the memory for data beside what torch takes; 0 is none.
        is_fresh: start an interpreter for it, whose hashes of texts have another seed.
        environment: variables beside those of this process.
    """
    variables = {**os.environ, "OMP_NUM_THREADS": "1", **(environment or {})}
    streams = stdin, stdout, stderr
    if CAN_FORK and not is_fresh:
        request = {
            "command": name,
            "words": list(words),
            "folder": str(Path(folder).absolute()),
            "environment": variables,
            "bytes": megabytes * 2**20,
        }
        return ForkedCommand(request, streams)
    return subprocess.Popen(
        [sys.executable, "-m", f"seq2seq.{name}", *words], cwd=folder, env=variables,
        stdin=stdin, stdout=stdout, stderr=stderr, text=True, encoding="utf-8",
    )  # fmt: skip


def run_command(
    name: str,
    *words: str,
    folder: Path | str = ".",
    text: str = "",
    timeout: float = 120,
    is_fresh: bool = False,
    environment: dict[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run `python -m seq2seq.NAME WORDS` in `folder` with an input, and return its outputs."""
    process = start_command(name, *words, folder=folder, is_fresh=is_fresh, environment=environment)
    out, err = process.communicate(text, timeout=timeout)
    assert process.returncode is not None
    return subprocess.CompletedProcess(words, process.returncode, out, err)


@cache
def _server() -> socket.socket:
    """Start the process that forks, and return the socket for its requests."""
    ours, theirs = socket.socketpair()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.forked_commands", str(theirs.fileno())],
        pass_fds=[theirs.fileno()], cwd=Path(__file__).parent.parent,
        stdin=DEVNULL, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    theirs.close()

    def stop() -> None:
        ours.close()
        process.wait(60)

    atexit.register(stop)
    return ours


def _ends(stream: int, number: int) -> tuple[int, IO[str] | None]:
    """Return the descriptor of a standard stream for the command, and our end of it."""
    if stream == DEVNULL:
        return os.open(os.devnull, os.O_RDWR), None
    if stream != PIPE:
        return stream, None
    reading, writing = os.pipe()
    if number == 0:
        return reading, os.fdopen(writing, "w", encoding="utf-8")
    return writing, os.fdopen(reading, encoding="utf-8")
