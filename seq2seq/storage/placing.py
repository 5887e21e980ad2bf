"""Atomic writes: a file has a temporary name until it is complete, then it is moved to its own."""

import errno
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from seq2seq.errors import TextError
from seq2seq.storage.temporary import remove_abandoned, temporary_name, visible_name
from seq2seq.storage.writable import is_written_through

# Errors of a move after which the content is copied: a mount point, another device, an open file on
# Windows, another user's file in a sticky folder.
_COPY_INSTEAD = {errno.EBUSY, errno.EXDEV, errno.EACCES, errno.EPERM}
_NO_FSYNC = {errno.EINVAL, errno.ENOTSUP, errno.ENOSYS}  # errors of file systems without fsync


@contextmanager
def temporary_beside(path: Path) -> Iterator[Path]:
    """Yield an empty temporary file in the folder of `path`, which replaces it after the block.

    If the block raises, the temporary file is removed and `path` stays as it was. Otherwise it is
    flushed to disk, gets the rights of the file that was there, and is moved; after an interrupt,
    too, since it is complete. A link stays a link: its target is replaced. For a device, a pipe or
    an open descriptor (/dev/stdout) the block gets `path` itself: it must write to it, and not
    replace it.
    Temporary files of `path` that killed processes did not remove are removed first.

    Raises:
        TextError: no temporary file can be created; or it can be neither moved nor copied, and then
            the message names the file that has the content. An OSError of the block passes as is.
    """
    try:
        is_special = is_written_through(path)
        target = Path(os.path.realpath(path))
        temporary, rights = (path, 0) if is_special else _create(target)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise _unwritable(path, error) from error
    if is_special:
        yield path
        return
    try:
        yield temporary
    except BaseException:
        _remove(temporary)
        raise
    try:
        _flush(temporary, rights)
    except OSError as error:  # a full disk, which some file systems report only now
        _remove(temporary)
        raise _unwritable(path, error) from error
    except BaseException:
        _move(temporary, target, path)
        raise
    _move(temporary, target, path)


def _create(target: Path) -> tuple[Path, int]:
    """Create a temporary file beside `target`; return it and its rights once it is complete."""
    remove_abandoned(target)
    rights = None
    with suppress(FileNotFoundError):
        mode = target.stat().st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, "it is a folder")
        rights = stat.S_IMODE(mode)
    temporary = temporary_name(target)
    # The successor of a private file is private from its first byte on.
    initial = 0o666 if rights is None else 0o600
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, initial)
    created = stat.S_IMODE(os.fstat(descriptor).st_mode)  # 0o666 less the umask
    os.close(descriptor)
    return temporary, created if rights is None else rights


def _flush(temporary: Path, rights: int) -> None:
    """Set the rights of a file and wait until it is on disk."""
    with temporary.open("rb+") as file:
        # The block may have replaced it by another file, as safetensors does.
        if stat.S_IMODE(os.fstat(file.fileno()).st_mode) != rights:
            with suppress(OSError):
                temporary.chmod(rights)
        _fsync(file.fileno())


def _fsync(descriptor: int) -> None:
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_FSYNC:
            raise


def _move(temporary: Path, target: Path, path: Path) -> None:
    """Move a complete file to `target`; else copy its content; else give it a visible name."""
    try:
        try:
            temporary.replace(target)
        except OSError as error:
            if error.errno not in _COPY_INSTEAD:
                raise
            _copy(temporary, target)
    except OSError as error:
        visible = _show(temporary, target)
        raise _unwritable(path, error, visible) from error
    except BaseException:  # an interrupt: `target` may hold a part, only this is complete
        _show(temporary, target)
        raise
    with suppress(OSError):  # Windows opens no folders
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)  # the folder holds the name
        finally:
            os.close(folder)


def _copy(temporary: Path, target: Path) -> None:
    with temporary.open("rb") as source, target.open("wb") as file:
        shutil.copyfileobj(source, file, 2**20)
        file.flush()
        _fsync(file.fileno())
    _remove(temporary)


def _show(temporary: Path, target: Path) -> Path:
    """Give a complete temporary file a visible name, and return its path."""
    visible = visible_name(target)
    try:
        temporary.rename(visible)
    except OSError:
        return temporary
    return visible


def _remove(temporary: Path) -> None:
    with suppress(OSError):  # Windows removes no file that is still open
        temporary.unlink(missing_ok=True)


def _unwritable(path: Path, error: Exception, kept: Path | None = None) -> TextError:
    """Return the error about `path`, with the file that has its content."""
    reason = getattr(error, "strerror", None) or error
    where = f"; what it was to hold is in {kept}" if kept else ""
    return TextError(f"{path} cannot be written: {reason}{where}")
