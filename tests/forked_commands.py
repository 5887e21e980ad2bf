"""Commands in processes that are forked from one which has imported torch: most of their time.

`python -m tests.forked_commands` reads requests, a JSON object on a line each: command, words,
folder, environment, files for both outputs, and limits. It answers each with status and seconds.
"""

import json
import os
import resource
import runpy
import sys
import time
import traceback
from typing import Any


def main() -> None:
    """Answer requests until the input ends."""
    import datasets  # noqa: F401  # imported before any fork
    import torch  # noqa: F401

    from seq2seq import builders  # noqa: F401
    from seq2seq.inference import loading  # noqa: F401
    from seq2seq.training import train_model  # noqa: F401

    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)


def answer(request: dict[str, Any]) -> dict[str, float]:
    """Run a request in a process of its own."""
    child = os.fork()
    if child == 0:
        run(request)
    deadline = time.monotonic() + request["wait"]
    while True:
        done, status, usage = os.wait4(child, os.WNOHANG)
        if done:
            break
        if time.monotonic() > deadline:
            os.kill(child, 9)
        time.sleep(0.005)
    return {
        "status": os.waitstatus_to_exitcode(status),
        "seconds": usage.ru_utime + usage.ru_stime,
    }


def run(request: dict[str, Any]) -> None:
    """Run a command as `python -m seq2seq.NAME` does, and end the process."""
    for number, name in ((0, os.devnull), (1, request["out"]), (2, request["err"])):
        mode = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        os.dup2(os.open(name, mode), number)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    os.chdir(request["folder"])
    os.environ.update(request["environment"])
    used = int(open("/proc/self/statm").read().split()[5]) * resource.getpagesize()  # noqa: PTH123, SIM115
    limit = used + request["bytes"]
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    sys.argv = [request["command"], *request["words"]]
    status = 0
    try:
        runpy.run_module(f"seq2seq.{request['command']}", run_name="__main__", alter_sys=True)
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    main()
