"""Files that are opened by their compression and written atomically."""

import bz2
import gzip
import io
import lzma
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TextIO, cast

from seq2seq.errors import TextError
from seq2seq.storage.placing import temporary_beside


def open_zstd(file: Any, mode: str) -> Any:
    """Open a path or a binary file that Zstandard compresses, to read ("rb") or write ("wb")."""
    import pyarrow  # takes a third of a second; the standard library has Zstandard from 3.14 on

    opened = str(file) if isinstance(file, Path) else file
    if mode == "wb":
        return pyarrow.output_stream(opened, compression="zstd")
    return io.BufferedReader(pyarrow.input_stream(opened, compression="zstd"))


OPENERS: dict[str, Callable[..., Any]] = {
    ".gz": gzip.open,
    ".bz2": bz2.open,
    ".xz": lzma.open,
    ".zst": open_zstd,
}
SUFFIXES = ("", *OPENERS)  # of a plain file and of compressed ones
# The first bytes of compressed files; no UTF-8 text begins with those of gzip, xz or Zstandard.
SIGNATURES = {
    ".gz": re.compile(rb"\x1f\x8b"),
    ".bz2": re.compile(rb"BZh[1-9]1AY&SY"),
    ".xz": re.compile(rb"\xfd7zXZ\x00"),
    ".zst": re.compile(rb"\x28\xb5\x2f\xfd"),
}


def compression(start: bytes) -> str | None:
    """Return the suffix of the compression of data that begins with `start`, if it has one."""
    return next((s for s, signature in SIGNATURES.items() if signature.match(start)), None)


@contextmanager
def open_binary(path: Path) -> Iterator[BinaryIO]:
    """Yield the bytes of `path`, decompressed if its first bytes or its name ask for it."""
    with path.open("rb") as file:
        opener = OPENERS.get(compression(file.peek(16)) or path.suffix)
        if opener is None:
            yield file
            return
        with opener(file, "rb") as decompressed:
            yield cast(BinaryIO, decompressed)


@contextmanager
def atomic_write(path: Path) -> Iterator[TextIO]:
    """Yield a UTF-8 file to write, compressed by its name, that replaces `path` when it is whole.

    Until the block ends without an exception, whatever was at `path` stays there. A link stays one;
    a device or a pipe is written to as it is.

    Raises:
        TextError: it cannot be written: no such folder, no right, a full disk.
    """
    try:
        with (
            temporary_beside(path) as temporary,
            OPENERS.get(path.suffix, open)(temporary, "wb") as binary,
        ):
            text = io.TextIOWrapper(binary, encoding="utf-8", newline="\n")
            yield text
            text.flush()
            text.detach()
    except BrokenPipeError:  # nobody reads on, here or where else the block writes
        raise
    except OSError as error:
        raise TextError(f"{path} cannot be written: {error.strerror or error}") from error
