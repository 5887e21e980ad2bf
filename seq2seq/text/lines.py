r"""Lines of text, as every part of the program reads them.

Only \n separates lines, and a \r before it is dropped; U+2028, U+0085, \x0b and \x0c are characters
like any other. A last line without \n counts.
"""

import codecs
import io
import lzma
import re
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO
from zipfile import BadZipFile

from seq2seq.errors import ConfigError, TextError
from seq2seq.storage.files import compression, open_binary
from seq2seq.storage.regular import quoted

_ACCENTED = re.compile("[a-zA-Z][\u00c0-\u00fe\u2019]|[\u00c0-\u00fe][a-z]")
MAX_LINE_BYTES = 2**26  # bytes of one line after decompression
DECOMPRESSORS = {".gz": "gzip -dc", ".bz2": "bzip2 -dc", ".xz": "xz -dc", ".zst": "zstd -dc"}
UTF16 = (
    "UTF-16, not UTF-8: iconv -f UTF-16 -t UTF-8 FILE > NEW, or data.encoding=utf-16 for a corpus"
)
# The first bytes of files that are no text, with the kind of file and the remedy.
BINARY_FORMATS = {
    b"PK\x03\x04": "a zip file (.zip, .xlsx, .docx) of several files: extract the text from it",
    b"7z\xbc\xaf\x27\x1c": "a 7-Zip archive: extract the text from it",
    b"Rar!\x1a\x07": "a RAR archive: extract the text from it",
    b"\x04\x22\x4d\x18": "compressed by LZ4: lz4 -d FILE NEW",
    b"PAR1": "a Parquet file: data=parquet reads it",
    codecs.BOM_UTF32_LE: "UTF-32, not UTF-8: iconv -f UTF-32 -t UTF-8 FILE > NEW",
    codecs.BOM_UTF32_BE: "UTF-32, not UTF-8: iconv -f UTF-32 -t UTF-8 FILE > NEW",
    codecs.BOM_UTF16_LE: UTF16,
    codecs.BOM_UTF16_BE: UTF16,
}


def read_lines(path: Path, encoding: str | None = None) -> Iterator[str]:
    """Yield the lines of a text file, decompressed if its first bytes or its name ask for it.

    Args:
        path: a file, or a zip archive of one.
        encoding: of the file, a name that `require_encoding` accepts; None: UTF-8.

    Raises:
        TextError: the file is missing, damaged, or not in the encoding: the message has the line,
            and for UTF-8 the offset of the byte.
    """
    try:
        with open_binary(path) as stream:
            if encoding is None:
                yield from stream_lines(_bounded(stream, path), str(path))
            else:
                yield from _decoded_lines(stream, path, encoding)
    except FileNotFoundError:
        raise TextError(f"there is no file {path}") from None
    except (OSError, EOFError, lzma.LZMAError, zlib.error, BadZipFile) as error:
        raise TextError(f"{path} cannot be read: {error}") from error


def _decoded_lines(stream: BinaryIO, path: Path, encoding: str) -> Iterator[str]:
    """Yield the lines of a stream in another encoding than UTF-8.

    Raises:
        TextError: the stream is not in the encoding, or a line is longer than `MAX_LINE_BYTES`.
    """
    text = io.TextIOWrapper(stream, encoding=encoding, newline="\n")
    number = 0
    try:
        while line := text.readline(MAX_LINE_BYTES + 1):
            number += 1
            require_line_size(len(line), str(path), number)
            start = "\ufeff" if number == 1 else ""
            yield line.removeprefix(start).removesuffix("\n").removesuffix("\r")
    except UnicodeError as error:
        raise TextError(f"{path}, line {number + 1}, is not {encoding}: {error}") from None
    finally:
        text.detach()


def require_encoding(option: str, encoding: str | None) -> None:
    """Require the name of an encoding of text.

    Raises:
        ConfigError: there is no such encoding.
    """
    try:
        "a".encode(encoding or "utf-8").decode(encoding or "utf-8")
    except (LookupError, UnicodeError, ValueError):
        raise ConfigError(
            f"{option} must be the name of an encoding, as utf-16 or windows-1252, not "
            f"{quoted(str(encoding))}"
        ) from None


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
            message = f"{name}, line {number + 1}, is not UTF-8 at byte {at}"
            raise TextError(f"{message}{_windows_remedy(line)}") from None
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
        raise TextError(
            f"{name} is UTF-16, not UTF-8: iconv -f {encoding} -t UTF-8 FILE > NEW, "
            f"or data.encoding={encoding.lower()} for a corpus"
        )


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


def _windows_remedy(line: bytes) -> str:
    """Return a remedy for a line that looks like Windows-1252, as words with accented letters."""
    try:
        text = line.decode("cp1252").strip()
    except UnicodeDecodeError:
        return ""
    if not _ACCENTED.search(text) or not "".join(text.split()).isprintable():
        return ""
    remedy = "iconv -f WINDOWS-1252 -t UTF-8 FILE > NEW"
    return f"; it looks like Windows-1252: {remedy}, or data.encoding=windows-1252 for a corpus"


def count_lines(path: Path, encoding: str | None = None) -> int:
    """Return the number of lines of `path`."""
    return sum(1 for _ in read_lines(path, encoding))
