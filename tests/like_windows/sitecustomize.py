"""A system like Windows, as far as this package and its tests see, on one that has /proc.

`PYTHONPATH=$PWD/tests/like_windows pytest` runs the tests in it: Python imports this module when an
interpreter starts, so that commands which tests start are in it, too. Other packages see the
system as it is; so does `tests.forked_commands`, which no test of a command could be fast without.

- `os.name` is nt, and POSIX's modules, calls and signals do not exist.
- `msvcrt` locks files; `os.kill` ends a process at once; a folder cannot be opened.
- A file that this process has open or mapped can be neither moved, replaced nor removed, nor can a
  folder with such a file; and a file is not renamed to the name of another.
"""

import builtins
import errno
import fcntl
import os
import select
import shutil
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

MISSING_MODULES = {"crypt", "fcntl", "grp", "posix", "pty", "pwd", "readline", "resource", "syslog",
                   "termios", "tty"}  # fmt: skip
MISSING_CALLS = """
O_ASYNC O_CLOEXEC O_DIRECT O_DIRECTORY O_DSYNC O_NOATIME O_NOCTTY O_NOFOLLOW O_NONBLOCK O_SYNC
WIFEXITED WIFSIGNALED WNOHANG WTERMSIG chown chroot confstr ctermid fchdir fchmod fchown fdatasync
fork forkpty fstatvfs getegid geteuid getgid getgroups getloadavg getpgid getpgrp getpriority getsid
getuid getxattr killpg lchown lockf memfd_create mkfifo mknod nice openpty pathconf pidfd_open
posix_fadvise posix_fallocate posix_spawn pread pwrite register_at_fork sched_getaffinity
sched_setaffinity sendfile setegid seteuid setgid setpgid setpriority setsid setuid setxattr
splice statvfs sync sysconf tcgetpgrp ttyname uname wait wait3 wait4
"""
MISSING_SIGNALS = """
SIGALRM SIGBUS SIGCHLD SIGCONT SIGHUP SIGKILL SIGPIPE SIGQUIT SIGSTOP SIGTSTP SIGTTIN SIGTTOU
SIGUSR1 SIGUSR2 SIG_BLOCK SIG_UNBLOCK alarm pause pthread_kill pthread_sigmask setitimer sigwait
"""
OURS = ("seq2seq", "tests")
TOOLS = ("pathlib", "shutil", "contextlib", "tempfile", "sitecustomize")


class Restricted(ModuleType):
    """A module without some names, and with others of its own; other changes reach the module."""

    def __init__(self, module: ModuleType, missing: list[str], own: Mapping[str, object]) -> None:
        inner = object.__getattribute__(self, "__dict__")
        inner.update(_module=module, _missing=frozenset(missing), _own=dict(own))
        super().__init__(module.__name__)

    def __getattribute__(self, name: str) -> Any:
        inner = object.__getattribute__(self, "__dict__")
        if name in inner["_missing"]:
            raise AttributeError(f"module {inner['_module'].__name__!r} has no attribute {name!r}")
        return inner["_own"][name] if name in inner["_own"] else getattr(inner["_module"], name)

    def __setattr__(self, name: str, value: object) -> None:
        inner = object.__getattribute__(self, "__dict__")
        if name in inner["_own"]:
            inner["_own"][name] = value
        else:
            setattr(inner["_module"], name, value)


def kill(process: int, number: int) -> None:
    """End a process, whatever the signal; 0 would be Ctrl-C for all processes of a console."""
    if number == 0:
        raise OSError(errno.EINVAL, "os.kill(process, 0) is Ctrl-C on Windows")
    os.kill(process, signal.SIGKILL)


def open_file(path: Any, flags: int, *mode: int, **more: int) -> int:
    """Open a file, and no folder."""
    if os.path.isdir(path):  # noqa: PTH112
        raise PermissionError(errno.EACCES, "Permission denied", path)
    return os.open(path, flags, *mode, **more)


def lock(descriptor: int, kind: int, size: int) -> None:
    """Lock or unlock an open file, as msvcrt.locking does."""
    del size
    try:
        fcntl.flock(descriptor, kind)
    except BlockingIOError:
        raise PermissionError(errno.EACCES, "Permission denied") from None


def is_ours(name: str) -> bool:
    """Return whether a module is of this package or its tests, other than the one that forks."""
    return name.partition(".")[0] in OURS and name != "tests.forked_commands"


def caller() -> str:
    """Return the name of the module that called, through Python's own modules for files."""
    frame = sys._getframe(2)
    while frame.f_back and frame.f_globals.get("__name__", "").partition(".")[0] in TOOLS:
        frame = frame.f_back
    name: str = frame.f_globals.get("__name__", "")
    spec = frame.f_globals.get("__spec__")  # of a command, whose name is __main__
    return spec.name if name == "__main__" and spec else name


def held(path: Any) -> str | None:
    """Return a file that this process has open or mapped: `path`, or one below it."""
    own = os.path.realpath(os.path.dirname(os.path.abspath(path)))  # noqa: PTH100, PTH120
    own = f"{own}/{os.path.basename(path)}"  # noqa: PTH119  # a link itself, not its target
    maps = Path("/proc/self/maps").read_text(encoding="utf-8").splitlines()
    names = {line.split(maxsplit=5)[5] for line in maps if line.count(" /")}
    for descriptor in os.listdir("/proc/self/fd"):  # noqa: PTH208
        try:
            names.add(os.readlink(f"/proc/self/fd/{descriptor}"))  # noqa: PTH115
        except OSError:  # closed: it was the list itself
            continue
    return next((name for name in names if name == own or name.startswith(f"{own}/")), None)


def guarded(change: Callable[..., Any], paths: int, *, replaces: bool = True) -> Callable[..., Any]:
    """Return a call that changes the names of files, and refuses what Windows refuses."""

    def call(*words: Any, **more: Any) -> Any:
        if is_ours(caller()):
            for path in words[:paths]:
                if name := held(path):
                    raise PermissionError(errno.EACCES, "another process is using it", name)
            if not replaces and os.path.lexists(words[1]):
                raise FileExistsError(errno.EEXIST, "File exists", words[1])
        return change(*words, **more)

    return call


def main() -> None:
    """Change what modules of this package and its tests import."""
    msvcrt = ModuleType("msvcrt")
    msvcrt.__dict__.update(locking=lock, LK_NBLCK=fcntl.LOCK_EX | fcntl.LOCK_NB,
                           LK_UNLCK=fcntl.LOCK_UN)  # fmt: skip
    own = {"name": "nt", "kill": kill, "open": open_file}
    seen = {
        "os": Restricted(os, MISSING_CALLS.split(), own),
        "signal": Restricted(signal, MISSING_SIGNALS.split(), {}),
        "select": Restricted(select, ["poll", "epoll", "kqueue"], {}),
        "msvcrt": msvcrt,
    }
    original = builtins.__import__

    def imported(
        name: str,
        globals: Any = None,
        locals: Any = None,
        fromlist: Any = (),
        level: int = 0,
    ) -> ModuleType:
        importer = (globals or {}).get("__name__", "")
        spec = (globals or {}).get("__spec__")
        if is_ours(spec.name if importer == "__main__" and spec else importer) and not level:
            if name in MISSING_MODULES:
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)
            if name in seen:
                return seen[name]
        return original(name, globals, locals, fromlist, level)

    builtins.__import__ = imported
    shutil._use_fd_functions = False  # type: ignore[attr-defined]  # nor has Windows these
    os.replace = guarded(os.replace, 2)
    os.rename = guarded(os.rename, 2, replaces=False)
    os.unlink = os.remove = guarded(os.unlink, 1)


main()
