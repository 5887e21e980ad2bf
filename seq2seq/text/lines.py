r"""Lines of text, as every part of the program understands them.

Only \n separates lines, and a \r before it is dropped; U+2028, U+0085, \x0b and \x0c are characters
like any other. A last line without \n counts.
"""

import bz2
import codecs
import gzip
import io
import lzma
import os
import secrets
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TextIO, cast

from seq2seq.errors import TextError

_OPENERS: dict[str, Callable[..., Any]] = {
    ".gz": gzip.open,
    ".bz2": bz2.open,
    ".xz": lzma.open,
}
SUFFIXES = ("", *_OPENERS)  # of a plain file and of compressed ones


def read_lines(path: Path) -> Iterator[str]:
    """The lines of a UTF-8 file, compressed if its name ends in .gz, .bz2 or .xz.

    Raises:
        TextError: the file is missing, damaged, or not UTF-8: the message has the byte's offset.
    """
    try:
        with open_binary(path) as stream:
            yield from stream_lines(stream, str(path))
    except FileNotFoundError:
        raise TextError(f"there is no file {path}") from None
    except (OSError, EOFError, lzma.LZMAError, zlib.error) as error:
        raise TextError(f"{path} cannot be read: {error}") from error


def open_binary(path: Path) -> BinaryIO:
    """The bytes of `path`, decompressed."""
    return cast(BinaryIO, _OPENERS.get(path.suffix, open)(path, "rb"))


def stream_lines(lines: Iterable[bytes], name: str) -> Iterator[str]:
    """The text of lines of bytes with their ends, as of a stream; `name` is for messages."""
    offset = 0
    for raw in lines:
        line = raw.removeprefix(codecs.BOM_UTF8) if offset == 0 else raw
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError as error:
            at = offset + len(raw) - len(line) + error.start
            place = f"{at:,}".replace(",", " ")
            raise TextError(f"{name} is not UTF-8 at byte {place}") from None
        offset += len(raw)
        yield text.removesuffix("\n").removesuffix("\r")


def count_lines(path: Path) -> int:
    """How many lines `path` has."""
    return sum(1 for _ in read_lines(path))


def check_folder(path: Path) -> None:
    """Refuse a file to be written in a folder that is not there, before work is done for it.

    Raises:
        TextError: there is no such folder.
    """
    if not path.parent.is_dir():
        raise TextError(f"{path} cannot be written: there is no folder {path.parent}")


@contextmanager
def written(path: Path) -> Iterator[TextIO]:
    """A UTF-8 file to write, compressed by its name, that takes its place when it is whole.

    Until the block ends without an exception, whatever was at `path` stays there. A link stays one;
    a device or a pipe is written to as it is.

    Raises:
        TextError: it cannot be written: no such folder, no right, a full disk.
    """
    special = path.exists() and not path.is_file()
    place = path if special else path.resolve()
    aside = place.with_name(f".{place.name}.{secrets.token_hex(4)}{path.suffix}")
    try:
        with _OPENERS.get(path.suffix, open)(place if special else aside, "wb") as binary:
            text = io.TextIOWrapper(binary, encoding="utf-8", newline="\n")
            yield text
            text.flush()
            text.detach()
        if not special:
            with aside.open("rb+") as file:
                os.fsync(file.fileno())
            aside.replace(place)
    except BrokenPipeError:  # nobody reads on, here or where else the block writes
        raise
    except OSError as error:
        raise TextError(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        aside.unlink(missing_ok=True)
