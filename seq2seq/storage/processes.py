"""Identity of processes: which machine they run on, and whether they are still alive."""

import os
import socket
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path


@cache
def machine_id() -> str:
    """Return 6 hexadecimal digits for this machine; containers that share no processes differ."""
    namespace = ""
    with suppress(OSError):  # only Linux has it
        namespace = str(Path("/proc/self/ns/pid").readlink())
    return sha256(f"{socket.gethostname()} {namespace}".encode()).hexdigest()[:6]


def start_time(process: int) -> str:
    """Return the time at which a process was started, in clock ticks since boot.

    The text is empty without /proc/PID/stat, which only Linux has, and for a process that has
    ended.
    """
    fields = _stat_fields(process)
    return fields[19] if fields else ""


def is_alive(process: int, started: str = "") -> bool:
    """Return whether a process of this machine is alive.

    A later process may have the same number. If Linux gives start times, and `started` is the
    start time of the process, another start time means that it is dead. Otherwise the later
    process counts as the process itself. On Windows, where os.kill would end a process, each
    counts as alive.
    """
    if os.name == "nt":
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # the process of another user
        pass
    fields = _stat_fields(process)
    if not fields:
        return True
    is_zombie = fields[0] in ("Z", "X")  # dead, and its parent has not asked for its status yet
    return not is_zombie and started in ("", fields[19])


def _stat_fields(process: int) -> list[str]:
    """Return the fields of /proc/PID/stat after the name, which may have spaces and brackets."""
    try:
        status = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    fields = status.rpartition(")")[2].split()
    return fields if len(fields) > 19 else []
