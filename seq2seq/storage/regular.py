"""Files from strangers: only regular ones are read, up to a size, and shown with escapes."""

import os
import stat
from pathlib import Path
from typing import BinaryIO

from seq2seq.errors import TextError

# Opening neither waits for the writer of a pipe nor takes a controlling terminal.
_FLAGS = os.O_RDONLY | sum(getattr(os, n, 0) for n in ("O_NONBLOCK", "O_NOCTTY", "O_BINARY"))
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def open_regular(path: Path) -> BinaryIO:
    """Open the bytes of `path`, which must be a regular file or a link to one.

    The kind of the file is checked before opening, since opening a device may have an effect, and
    again after opening, since the file may have been replaced in between.

    Raises:
        TextError: there is no such file, it cannot be read, or it is not a regular file.
    """
    try:
        _require_regular(path, path.stat().st_mode)
        descriptor = os.open(path, _FLAGS)
    except FileNotFoundError:
        raise TextError(f"there is no file {path}") from None
    except OSError as error:
        raise TextError(f"{path} cannot be read: {error.strerror or error}") from None
    try:
        _require_regular(path, os.fstat(descriptor).st_mode)
    except TextError:
        os.close(descriptor)
        raise
    return os.fdopen(descriptor, "rb")


def require_file_or_pipe(path: Path) -> None:
    """Require a text that can be read once from its beginning: a file, or a pipe as it comes.

    Raises:
        TextError: there is none, or it is a folder, a socket or a device, which may have no end.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise TextError(f"there is no file {path}") from None
    except OSError as error:
        raise TextError(f"{path} cannot be read: {error.strerror or error}") from None
    if not stat.S_ISFIFO(mode):
        _require_regular(path, mode)


def read_regular(path: Path, max_bytes: int) -> str:
    """Read the UTF-8 text of a regular file of at most `max_bytes`.

    Raises:
        TextError: as for `open_regular`; or the file is larger, or is not UTF-8.
    """
    return decode(read_regular_bytes(path, max_bytes), str(path))


def read_regular_bytes(path: Path, max_bytes: int) -> bytes:
    """Read a regular file of at most `max_bytes`.

    Raises:
        TextError: as for `open_regular`; or the file is larger.
    """
    with open_regular(path) as file:
        try:
            size = os.fstat(file.fileno()).st_size
            data = file.read(max_bytes + 1) if size <= max_bytes else None
        except OSError as error:
            raise TextError(f"{path} cannot be read: {error.strerror or error}") from None
    if data is None or len(data) > max_bytes:
        raise TextError(f"{path} is too large: it may have {max_bytes} bytes at most")
    return data


def decode(data: bytes, location: str) -> str:
    """Decode UTF-8; the message names `location`, a file and perhaps a line.

    Raises:
        TextError: the data is not UTF-8.
    """
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise TextError(f"{location} is not UTF-8 at byte {error.start}") from None


def escaped(text: str) -> str:
    """Return `text` with an escape for each character that a terminal would not print."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def quoted(text: str, width: int = 60) -> str:
    """Return `text` in quotes, escaped, and cut to `width` characters, for a message."""
    literal = repr(text[:width])
    return literal if len(text) <= width and len(literal) <= width else f"{literal[: width - 3]}..."


def _require_regular(path: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        kind = next((name for is_kind, name in _KINDS if is_kind(mode)), "something else")
        raise TextError(f"{path} is {kind}, not a file")
