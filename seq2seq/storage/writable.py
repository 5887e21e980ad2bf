"""Checks that an output can be written, before work is done for it."""

import os
import re
import stat
from contextlib import suppress
from pathlib import Path

from seq2seq.errors import TextError
from seq2seq.storage.regular import escaped
from seq2seq.storage.temporary import temporary_name

STANDARD = "-"  # standard input or output
NAME_MAX = 255  # bytes of UTF-8 on Linux and macOS, units of UTF-16 on Windows
LINKS_MAX = 40  # links that Linux follows
# Names of open files: writing to one continues the file, replacing it would lose its content.
_DESCRIPTOR = re.compile(
    r"/dev/(fd/\d+|stdin|stdout|stderr)|/proc/(self|thread-self|\d+)(/task/\d+)?/fd/\d+"
)


def is_written_through(path: str | Path) -> bool:
    """Return whether `path` is a device, pipe, socket or open descriptor: never to be replaced.

    Raises:
        OSError: `path` is a loop of links, the name is too long, or the folder may not be searched.
    """
    name = _absolute(Path(path))
    for _ in range(LINKS_MAX):
        if _DESCRIPTOR.fullmatch(str(name)):
            return True
        try:
            name = _absolute(name.parent / name.readlink())
        except OSError:  # no link
            break
    try:
        mode = Path(path).stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def require_writable(name: str | Path, option: str) -> None:
    """Require that the value of an option can be an output, before work is done for it.

    Standard output, devices, pipes and open descriptors are allowed. For any other a temporary file
    is created in its folder and removed: on Windows and network drives only this shows the rights.

    Args:
        name: the value, unchanged: Path drops a slash at its end, which makes it a folder.
        option: the option, for the message.

    Raises:
        TextError: the value is empty, a folder, or a name that no file can have; or the file or its
            folder cannot be written.
    """
    text = os.fspath(name)
    if text == STANDARD:
        return
    if not text:
        raise TextError(f"{option} is empty: it must name a file")
    described = f"{option}={escaped(text)}"
    try:
        if (length := _name_length(_base(text))) > NAME_MAX:
            unit = "UTF-16 units" if os.name == "nt" else "bytes"
            reason = f"its name has {length} {unit}, and may have {NAME_MAX}"
            raise TextError(f"{described} cannot be written: {reason}")
        if _base(text) in ("", ".", "..") or Path(text).is_dir():
            raise TextError(f"{described} is a folder, not a file")
        if is_written_through(text):
            _require_open(Path(text), described)
        else:
            _require_replaceable(Path(text), described)
    except OSError as error:
        raise TextError(f"{described} cannot be written: {error.strerror or error}") from None
    except ValueError:  # a NUL, or half of a surrogate pair
        raise TextError(f"{described} cannot be written: no file can have such a name") from None


def _require_open(path: Path, described: str) -> None:
    if path.is_socket():
        raise TextError(f"{described} is a socket, not a file")
    if not _is_permitted(path):
        raise TextError(f"{described} cannot be written: Permission denied")


def _require_replaceable(path: Path, described: str) -> None:
    """Require that a regular file, which need not exist, can be replaced by a new version."""
    target = Path(os.path.realpath(path))
    folder = target.parent if path.is_symlink() else path.parent
    if not folder.is_dir():
        raise TextError(f"{described} cannot be written: there is no folder {escaped(str(folder))}")
    if target.exists() and not _is_permitted(target):
        raise TextError(f"{described} cannot be written: it exists and is read-only")
    temporary = temporary_name(target)
    try:
        os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
    except OSError as error:
        reason = f"{error.strerror or error}, in the folder {escaped(str(folder))}"
        raise TextError(f"{described} cannot be written: {reason}") from None
    with suppress(OSError):
        temporary.unlink()


def _is_permitted(path: Path) -> bool:
    """Return whether the mode of `path` lets this process write to it."""
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def _absolute(path: Path) -> Path:
    """Return `path` from the root on, its links as they are."""
    return Path(os.path.abspath(path))  # noqa: PTH100


def _base(text: str) -> str:
    """Return the part after the last slash; Path would drop one at the end."""
    return os.path.basename(text)  # noqa: PTH119


def _name_length(name: str) -> int:
    if os.name == "nt":
        return len(name.encode("utf-16-le", "surrogatepass")) // 2
    return len(os.fsencode(name))
