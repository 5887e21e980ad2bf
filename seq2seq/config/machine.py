"""The memory of this machine, read without torch and on any system."""

import ctypes
import os
import sys
from pathlib import Path


def machine_memory() -> int | None:
    """Return the bytes of memory that a process may use here, or None if it is unknown.

    It is the smaller of two sizes: the machine's memory, and the limit of the container (cgroup)
    that the process is in.
    """
    known = [size for size in (_physical_memory(), _container_limit()) if size]
    return min(known, default=None)


def has_gpu_driver() -> bool:
    """Return whether a GPU with its own memory may be present, judged by its driver's files."""
    files = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")  # CUDA, ROCm, CUDA within Windows
    return sys.platform == "win32" or any(Path(file).exists() for file in files)


def _physical_memory() -> int | None:
    if sys.platform == "win32":
        return _windows_memory()
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


class _MemoryStatus(ctypes.Structure):
    """MEMORYSTATUSEX of the Windows API."""

    _fields_ = [  # ctypes reads it as it is
        ("length", ctypes.c_ulong),
        ("load", ctypes.c_ulong),
        ("total", ctypes.c_ulonglong),
        ("rest", ctypes.c_ulonglong * 6),
    ]


def _windows_memory() -> int | None:
    status = _MemoryStatus()
    status.length = ctypes.sizeof(status)
    windows = getattr(ctypes, "windll", None)
    if windows is None or not windows.kernel32.GlobalMemoryStatusEx(ctypes.byref(status)):
        return None
    return int(status.total)


def _container_limit(root: Path = Path("/sys/fs/cgroup"), own: Path | None = None) -> int | None:
    """Return the smallest limit of the control groups that this process is in.

    Args:
        root: folder in which the control groups are mounted.
        own: file with the groups of the process, one per line: ID:CONTROLLERS:PATH.
    """
    try:
        lines = (own or Path("/proc/self/cgroup")).read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    limits = []
    for controllers, path in (line.split(":", 2)[1:] for line in lines if line.count(":") > 1):
        if controllers == "":  # version 2: a group is limited by all groups above it
            group, name = root, "memory.max"
        elif controllers == "memory":  # version 1
            group, name = root / "memory", "memory.limit_in_bytes"
        else:
            continue
        files = [group / name]
        for part in path.split("/"):
            group = group / part
            files.append(group / name)
        limits += [limit for file in files if (limit := _limit_in(file))]
    return min(limits, default=None)


def _limit_in(file: Path) -> int | None:
    """Return the number in `file`; None for "max", or where there is no such file."""
    try:
        return int(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def process_count() -> int:
    """Return the number of processes that a launcher has started, by its environment."""
    word = os.environ.get("WORLD_SIZE", "")
    return int(word) if word.isdecimal() else 1
