"""A process that has imported torch, most of the time of a command, and runs commands in forks.

`python -m tests.forked_commands DESCRIPTOR` takes requests from a socket: a JSON object on a line,
with command, words, folder, environment and perhaps a limit in bytes, together with descriptors for
the standard streams and for the answers. These are the number of the process and, when it has
ended, its status and CPU seconds. `tests.processes` is the other end.
"""

import atexit
import gc
import json
import os
import resource
import runpy
import select
import signal
import socket
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any


def main() -> None:
    """Run commands until the other end closes the socket."""
    import datasets  # noqa: F401  # imported before any fork
    import sacrebleu  # noqa: F401
    import torch._dynamo  # noqa: F401  # which the first optimizer would import
    from matplotlib.backends import backend_agg  # noqa: F401

    from seq2seq import builders  # noqa: F401
    from seq2seq.inference import loading  # noqa: F401
    from seq2seq.plots import attention, curves  # noqa: F401
    from seq2seq.tasks import translation  # noqa: F401
    from seq2seq.training import train_model  # noqa: F401

    gc.freeze()  # a collection in a child would copy the pages that it shares with this process
    serve(socket.socket(fileno=int(sys.argv[1])))


def serve(requests: socket.socket) -> None:
    """Start a process for each request, and tell when it has ended."""
    woken, wake = socket.socketpair()
    wake.setblocking(False)
    signal.set_wakeup_fd(wake.fileno())
    signal.signal(signal.SIGCHLD, lambda *_: None)
    answers: dict[int, int] = {}  # from the number of a process to the descriptor for its answers
    while True:
        ready, _, _ = select.select([requests, woken], [], [])
        if woken in ready:
            woken.recv(4096)
        for process in list(answers):
            done, status, usage = os.wait4(process, os.WNOHANG)
            if done:
                ended = [os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime]
                tell(answers.pop(process), ended, is_last=True)
        if requests in ready:
            text, descriptors, _, _ = socket.recv_fds(requests, 2**20, 4)
            if not text:
                return
            while not text.endswith(b"\n"):
                text += requests.recv(2**20)
            *streams, answer = descriptors
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])  # until `run` unblocks it
            process = os.fork()
            if process == 0:
                run(json.loads(text), streams)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
            for descriptor in streams:
                os.close(descriptor)
            answers[process] = answer
            tell(answer, process)


def tell(descriptor: int, value: object, *, is_last: bool = False) -> None:
    """Write a line to the descriptor for the answers of a process."""
    with suppress(BrokenPipeError):  # the test has ended
        os.write(descriptor, f"{json.dumps(value)}\n".encode())
    if is_last:
        os.close(descriptor)


def run(request: dict[str, Any], streams: list[int]) -> None:
    """Run a command as `python -m seq2seq.NAME` does, and end the process."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for number, descriptor in enumerate(streams):
        os.dup2(descriptor, number)
    os.closerange(3, max(streams) + 2)  # those of the requests and answers, too
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(  # noqa: SIM115
        2, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False
    )
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    if limit := request["bytes"]:
        limit += (
            int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[5])
            * resource.getpagesize()
        )
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    sys.argv = [request["command"], *request["words"]]
    sys.path[0] = request["folder"]
    status = 0
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
        runpy.run_module(f"seq2seq.{request['command']}", run_name="__main__", alter_sys=True)
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        status = 1
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    main()
