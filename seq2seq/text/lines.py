r"""Lines of text, as every part of the program reads them.

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
from seq2seq.storage.files import compression, open_binary

MAX_LINE_BYTES = 2**26  # bytes of one line after decompression
DECOMPRESSORS = {".gz": "gzip -dc", ".bz2": "bzip2 -dc", ".xz": "xz -dc", ".zst": "zstd -dc"}
# The first bytes of files that are no text, with the kind of file and the remedy.
BINARY_FORMATS = {
    b"PK\x03\x04": "a zip file (.zip, .xlsx, .docx): extract the text from it",
    b"7z\xbc\xaf\x27\x1c": "a 7-Zip archive: extract the text from it",
    b"Rar!\x1a\x07": "a RAR archive: extract the text from it",
    b"\x04\x22\x4d\x18": "compressed by LZ4: lz4 -d FILE NEW",
    b"PAR1": "a Parquet file: data=parquet reads it",
    codecs.BOM_UTF32_LE: "UTF-32, not UTF-8: iconv -f UTF-32 -t UTF-8 FILE > NEW",
    codecs.BOM_UTF32_BE: "UTF-32, not UTF-8: iconv -f UTF-32 -t UTF-8 FILE > NEW",
    codecs.BOM_UTF16_LE: "UTF-16, not UTF-8: iconv -f UTF-16 -t UTF-8 FILE > NEW",
    codecs.BOM_UTF16_BE: "UTF-16, not UTF-8: iconv -f UTF-16 -t UTF-8 FILE > NEW",
}


def read_lines(path: Path) -> Iterator[str]:
    """Yield the lines of a UTF-8 file, decompressed if its first bytes or its name ask for it.

    Raises:
        TextError: the file is missing, damaged, or not UTF-8: the message has the line, and the
            offset of the byte.
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
        require_line_size(len(line), str(path), number)
        yield line


def require_line_size(size: int, name: str, number: int) -> None:
    """Refuse a line of `size` bytes that would fill the memory: line `number` of `name`.

    Raises:
        TextError: the line is longer than `MAX_LINE_BYTES`.
    """
    if size > MAX_LINE_BYTES:
        mebibytes = MAX_LINE_BYTES >> 20
        raise TextError(f"{name}, line {number}, is longer than {mebibytes} MiB: is it text?")


def stream_lines(lines: Iterable[bytes], name: str) -> Iterator[str]:
    r"""Yield the text of lines of bytes with their \n, as of a stream.

    Args:
        lines: lines in UTF-8; the first may begin with a byte order mark.
        name: name of the stream, for messages.

    Raises:
        TextError: the stream is not UTF-8, or begins like a file of another kind.
    """
    offset, first = 0, b""
    for number, raw in enumerate(lines):
        if number == 0:
            first = raw
            require_text(raw, name)
        elif number == 1 and raw.startswith(b"\0") and is_printable(raw[1:-1], "UTF-16LE"):
            require_text(first + b"\0", name)  # the NUL is the second half of a \n in UTF-16
        line = raw.removeprefix(codecs.BOM_UTF8) if offset == 0 else raw
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError as error:
            at = f"{offset + len(raw) - len(line) + error.start:,}".replace(",", " ")
            raise TextError(f"{name}, line {number + 1}, is not UTF-8 at byte {at}") from None
        offset += len(raw)
        yield text.removesuffix("\n").removesuffix("\r")


def require_text(start: bytes, name: str) -> None:
    """Check that data which begins with the line `start` may be UTF-8.

    Raises:
        TextError: the data is of another kind; the message has `name`, the kind, and the remedy.
    """
    if suffix := compression(start):
        raise TextError(f"{name} is compressed as {suffix}: {DECOMPRESSORS[suffix]} FILE")
    if start[257:262] == b"ustar":
        raise TextError(f"{name} is a tar archive: tar -xf FILE")
    for signature, kind in BINARY_FORMATS.items():
        if start.startswith(signature):
            raise TextError(f"{name} is {kind}")
    if encoding := utf16_encoding(start):
        raise TextError(f"{name} is UTF-16, not UTF-8: iconv -f {encoding} -t UTF-8 FILE > NEW")


def utf16_encoding(line: bytes) -> str | None:
    r"""Return the UTF-16 encoding of a line without a byte order mark, None if it has no NULs.

    Args:
        line: bytes up to a \n, with its other half where that is a NUL. Text in UTF-16 has NULs at
            least in its spaces and line ends.
    """
    if b"\0" not in line:
        return None
    for encoding, end in (("UTF-16LE", b"\n\0"), ("UTF-16BE", b"\0\n")):
        body = line.removesuffix(end).removesuffix(b"\n")
        if len(body) > 2 and is_printable(body, encoding):
            return encoding
    return None


def is_printable(data: bytes, encoding: str) -> bool:
    """Return whether data in an encoding is text whose only control characters are white space."""
    try:
        return "".join(data.decode(encoding).split()).isprintable()
    except UnicodeDecodeError:
        return False


def count_lines(path: Path) -> int:
    """Return the number of lines of `path`."""
    return sum(1 for _ in read_lines(path))
