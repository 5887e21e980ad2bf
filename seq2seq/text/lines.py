r"""Lines of text, as every part of the program understands them.

Only \n separates lines, and a \r before it is dropped; U+2028, U+0085, \x0b and \x0c are characters
like any other. A last line without \n counts.
"""

import codecs
import lzma
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from seq2seq.errors import TextError
from seq2seq.storage.files import open_binary

MAX_LINE_BYTES = 2**26  # of one line after decompression


def read_lines(path: Path) -> Iterator[str]:
    """The lines of a UTF-8 file, compressed if its name ends in .gz, .bz2 or .xz.

    Raises:
        TextError: the file is missing, damaged, or not UTF-8: the message has the byte's offset.
    """
    try:
        with open_binary(path) as stream:
            yield from stream_lines(_bounded(stream, path), str(path))
    except FileNotFoundError:
        raise TextError(f"there is no file {path}") from None
    except (OSError, EOFError, lzma.LZMAError, zlib.error) as error:
        raise TextError(f"{path} cannot be read: {error}") from error


def _bounded(stream: BinaryIO, path: Path) -> Iterator[bytes]:
    """Yield the lines of a file, none of which may fill the memory.

    Raises:
        TextError: a line is longer than `MAX_LINE_BYTES`.
    """
    number = 0
    while line := stream.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(line) > MAX_LINE_BYTES:
            raise TextError(
                f"{path}, line {number}, is longer than {MAX_LINE_BYTES >> 20} MiB: is it text?"
            )
        yield line


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
