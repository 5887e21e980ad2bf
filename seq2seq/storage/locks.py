"""Locks of folders and files, which end with the process that holds them."""

import errno
import os
import secrets
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from seq2seq.errors import RunError
from seq2seq.storage.processes import is_alive, start_time
from seq2seq.storage.regular import escaped

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]
try:
    import msvcrt
except ImportError:  # everywhere else
    msvcrt = None  # type: ignore[assignment]

LOCK_NAME = ".lock"
OWNER_NAME = ".lock.owner"  # its owner's name, used if the file system has no locks
WINDOWS_OFFSET = 1 << 30  # Windows locks this byte, beyond the owner's, which must stay readable
HELD = (errno.EAGAIN, errno.EACCES, errno.EDEADLK)
REFUSED = (errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOLCK, errno.EINVAL)

_descriptors: set[int] = set()  # descriptors of the locks that this process holds


@contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """Create `folder` and hold it for this process alone until the block ends.

    The operating system locks the file .lock in the folder (flock, or msvcrt.locking on Windows),
    and unlocks it when the process ends, for any reason. Where the file system has no locks, a file
    names its owner, and another process removes it when that owner is dead.

    Raises:
        RunError: another process holds the folder, or the folder or its lock cannot be written.
    """
    path = folder / LOCK_NAME
    try:
        folder.mkdir(parents=True, exist_ok=True)
        release = _acquire(path)
    except OSError as error:
        reason = error.strerror or error
        raise RunError(f"{escaped(str(folder))} cannot be locked: {reason}") from None
    process = os.getpid()
    try:
        yield
    finally:
        if os.getpid() == process:  # a forked child may leave the block, too
            release()


@contextmanager
def lock_file(path: Path) -> Iterator[None]:
    """Hold the file `path` for this process alone until the block ends, by PATH.lock beside it.

    Where no file can be created there, nothing is locked.

    Raises:
        RunError: another process holds it.
    """
    try:
        release = _acquire(path.with_name(f"{path.name}{LOCK_NAME}"))
    except OSError:
        release = None
    process = os.getpid()
    try:
        yield
    finally:
        if release and os.getpid() == process:
            release()


def _acquire(path: Path) -> Callable[[], None]:
    """Lock the file `path` and return the function that unlocks it."""
    if fcntl is None and msvcrt is None:
        return _acquire_by_name(path.with_name(f"{path.name}.owner"))
    while True:
        if path.is_symlink():  # Windows would follow it, having no O_NOFOLLOW
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
        try:
            has_locks = _lock_descriptor(descriptor, path)
            if has_locks and _is_file_at(descriptor, path):
                os.ftruncate(descriptor, 0)
                os.write(descriptor, _owner_line())
                _descriptors.add(descriptor)
                return lambda: _release_descriptor(descriptor, path)
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
        if not has_locks:
            return _acquire_by_name(path.with_name(f"{path.name}.owner"))
        # The former owner has just removed the file; another process may have created a new one.


def _lock_descriptor(descriptor: int, path: Path) -> bool:
    """Lock an open file; return False if the file system has no locks.

    Raises:
        RunError: another process has locked the file.
    """
    try:
        if fcntl is not None:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        else:
            os.lseek(descriptor, WINDOWS_OFFSET, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            os.lseek(descriptor, 0, os.SEEK_SET)
    except OSError as error:
        if error.errno in HELD:
            raise _in_use(path) from None
        if error.errno in REFUSED:
            return False
        raise
    return True


def _is_file_at(descriptor: int, path: Path) -> bool:
    """Return whether the open file is still the file at `path`."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _release_descriptor(descriptor: int, path: Path) -> None:
    _descriptors.discard(descriptor)
    if os.name != "nt" and _is_file_at(descriptor, path):
        with suppress(OSError):
            path.unlink()  # while locked: a process that has opened it sees that it is gone
    os.close(descriptor)
    if os.name == "nt":
        with suppress(OSError):  # Windows removes no file that another process has opened
            path.unlink()


def _acquire_by_name(path: Path) -> Callable[[], None]:
    """Own the file `path` by creating it, where the file system has no locks.

    A file whose owner is dead is removed by the process that creates a second file, named after the
    content of the first; thus no process removes the new file of another by mistake. `is_alive`
    decides whether an owner is dead. Without start times, an owner whose number a later process has
    counts as alive, and the file must be removed by hand.
    """
    line = _owner_line()
    for _ in range(2):
        try:
            _create_complete(path, line)
        except FileExistsError:
            _remove_abandoned(path)
        else:
            return lambda: _release_name(path, line)
    raise _in_use(path)


def _create_complete(path: Path, line: bytes) -> None:
    """Create a file that no process sees incomplete, or raise FileExistsError."""
    complete = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        complete.write_bytes(line)
        os.link(complete, path)
    except FileExistsError:
        raise
    except OSError:  # the file system has no hard links
        with path.open("xb") as file:
            file.write(line)
    finally:
        complete.unlink(missing_ok=True)


def _remove_abandoned(path: Path) -> None:
    line = _read_line(path)
    owner = _parse_owner(line)
    is_here = owner.host == socket.gethostname()
    if line and (not is_here or is_alive(owner.process, owner.started)):
        raise _in_use(path)
    claim = path.with_name(f"{path.name}.{owner.token}")
    try:
        os.close(os.open(claim, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
    except FileExistsError:
        raise _in_use(path) from None
    try:
        if _read_line(path) == line:
            path.unlink(missing_ok=True)
    finally:
        claim.unlink()


def _release_name(path: Path, line: bytes) -> None:
    if _read_line(path) == line:
        with suppress(OSError):
            path.unlink()


class _Owner(NamedTuple):
    """The process that holds a lock, parsed from a line; no process if the line is malformed."""

    process: int = 0
    host: str = ""
    token: str = "0"
    started: str = ""  # `start_time`, where there is one


def _owner_line() -> bytes:
    process = os.getpid()
    words = str(process), socket.gethostname(), secrets.token_hex(8), start_time(process)
    return f"{' '.join(words).rstrip()}\n".encode()


def _parse_owner(line: bytes) -> _Owner:
    words = line.decode("utf-8", "replace").split()
    if len(words) in (3, 4) and words[0].isdecimal() and words[2].isalnum():
        return _Owner(int(words[0]), *words[1:])
    return _Owner()


def _read_line(path: Path) -> bytes:
    """Read the owner of a lock; if it is just being written, wait a moment."""
    for _ in range(20):
        try:
            line = path.read_bytes()[:500]
        except OSError:
            return b""
        if line.endswith(b"\n"):
            return line
        time.sleep(0.01)
    return b""


def _in_use(path: Path) -> RunError:
    owner = _parse_owner(_read_line(path))
    elsewhere = f" on {owner.host}" if owner.host not in ("", socket.gethostname()) else ""
    holder = f" (process {owner.process}{elsewhere})" if owner.process else ""
    if path.name in (LOCK_NAME, OWNER_NAME):
        return RunError(f"{escaped(str(path.parent))} is in use by another training{holder}")
    name = escaped(str(path).removesuffix(".owner").removesuffix(LOCK_NAME))
    return RunError(f"{name} is in use by another translation into the same output{holder}")


def _close_in_child() -> None:
    """Close the parent's locks: a worker that outlives its parent must not hold them."""
    for descriptor in _descriptors:
        with suppress(OSError):
            os.close(descriptor)
    _descriptors.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_close_in_child)
