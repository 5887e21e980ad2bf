"""Compressed files, and atomic writes of text."""

import bz2
import gzip
import io
import lzma
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
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
ZIP = ".zip"  # which is only read, if it holds one file
SUFFIXES = ("", *OPENERS, ZIP)  # suffixes of plain and of compressed files
# The first bytes of compressed files; no UTF-8 text begins with those of gzip, xz or Zstandard.
SIGNATURES = {
    ".gz": re.compile(rb"\x1f\x8b"),
    ".bz2": re.compile(rb"BZh[1-9]1AY&SY"),
    ".xz": re.compile(rb"\xfd7zXZ\x00"),
    ".zst": re.compile(rb"\x28\xb5\x2f\xfd"),
}


def compression(start: bytes) -> str | None:
    """Return the suffix of the compression of data that begins with `start`, or None."""
    return next((s for s, signature in SIGNATURES.items() if signature.match(start)), None)


@contextmanager
def open_binary(path: Path) -> Iterator[BinaryIO]:
    """Yield the bytes of `path`, decompressed if its first bytes or its name ask for it."""
    with path.open("rb") as file:
        if file.peek(4).startswith(b"PK\x03\x04") and (member := only_member(path)):
            with zipfile.ZipFile(file) as archive, archive.open(member) as stored:
                yield cast(BinaryIO, stored)
            return
        opener = OPENERS.get(compression(file.peek(16)) or path.suffix)
        if opener is None:
            yield file
            return
        with opener(file, "rb") as decompressed:
            yield cast(BinaryIO, decompressed)


def only_member(path: Path) -> str | None:
    """Return the name of the only file in a zip archive; None if there are several, or none.

    What macOS adds beside a file is not counted.

    Raises:
        OSError: the archive is damaged, or its file is encrypted.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = [
                member
                for member in archive.infolist()
                if not member.is_dir() and not member.filename.startswith("__MACOSX/")
            ]
    except (zipfile.BadZipFile, NotImplementedError) as error:
        raise OSError(str(error)) from None
    if len(members) == 1 and members[0].flag_bits & 1:
        raise OSError("its file is encrypted")
    return members[0].filename if len(members) == 1 else None


def write_bytes(path: Path, data: bytes) -> None:
    """Replace `path` by a file of `data`, or leave what is there.

    Raises:
        TextError: the file cannot be written.
    """
    try:
        with temporary_beside(path) as temporary:
            temporary.write_bytes(data)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise TextError(f"{path} cannot be written: {error.strerror or error}") from error


@contextmanager
def atomic_write(path: Path) -> Iterator[TextIO]:
    """Yield a UTF-8 file to write, compressed by its name, that replaces `path` when complete.

    Until the block ends without an exception, an earlier file stays at `path`. A link stays a link;
    a device or a pipe is written to directly.

    Raises:
        TextError: the file cannot be written: no such folder, no permission, a full disk.
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
    except BrokenPipeError:  # a reader has gone: of `path`, or of another output of the block
        raise
    except OSError as error:
        raise TextError(f"{path} cannot be written: {error.strerror or error}") from error


@contextmanager
def made_folder(folder: Path) -> Iterator[None]:
    """Make a folder and those above it; if the block raises, the empty ones of them go again."""
    made = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        for each in made:
            with suppress(OSError):  # something is in it
                each.rmdir()
        raise
