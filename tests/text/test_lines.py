"""Lines of files and streams, their encodings and compressions."""

import bz2
import gzip
import io
import lzma
import os
import re
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.errors import ConfigError, TextError
from seq2seq.storage.files import atomic_write, open_zstd
from seq2seq.text.lines import read_lines, require_encoding, stream_lines
from tests.posix import needs_posix

# Any text without the two characters of line ends.
LINE = st.text(st.characters(exclude_characters="\n\r", exclude_categories=["Cs"]), max_size=20)


def pack_zstd(data: bytes) -> bytes:
    buffer = io.BytesIO()
    with open_zstd(buffer, "wb") as file:
        file.write(data)
        file.flush()
        buffer.close = lambda: None  # type: ignore[method-assign]
    return buffer.getvalue()


PACKED = [(".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress),
          (".zst", pack_zstd)]  # fmt: skip


def is_plain(lines: list[str]) -> bool:
    """Whether the first line has neither a byte order mark nor a NUL, as UTF-16 has."""
    return not lines[0].startswith("\ufeff") and not any("\0" in line for line in lines[:2])


@given(st.lists(LINE, min_size=1).filter(is_plain))
def test_lines_are_read_as_they_were_written_whatever_is_in_them(lines: list[str]) -> None:
    data = "".join(line + "\n" for line in lines).encode()

    assert list(stream_lines(io.BytesIO(data), "it")) == lines


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"", []),
        (b"\n", [""]),
        (b"a\nb", ["a", "b"]),  # the last one needs no end
        (b"a\r\nb\r\n", ["a", "b"]),
        (b"a\rb\n", ["a\rb"]),  # a carriage return inside a line is a character
        ("a\u2028b\x85c\x0bd\x0ce\n".encode(), ["a\u2028b\x85c\x0bd\x0ce"]),
        (b"\xef\xbb\xbfa\n\xef\xbb\xbfb\n", ["a", "\ufeffb"]),  # a mark of byte order begins a file
    ],
)
def test_lines_end_at_line_feeds_only(data: bytes, lines: list[str]) -> None:
    assert list(stream_lines(io.BytesIO(data), "it")) == lines


@pytest.mark.parametrize(("suffix", "pack"), [("", bytes), *PACKED])
@pytest.mark.parametrize("is_named", [True, False])
def test_a_file_is_decompressed_whether_its_name_says_so_or_not(
    tmp_path: Path, suffix: str, pack: Callable[[bytes], bytes], is_named: bool
) -> None:
    path = tmp_path / (f"text{suffix}" if is_named else "text")
    path.write_bytes(pack("Grüße\nan alle\n".encode()))

    assert list(read_lines(path)) == ["Grüße", "an alle"]


@pytest.mark.parametrize(("suffix", "pack"), PACKED)
def test_an_empty_compressed_file_has_no_lines(
    tmp_path: Path, suffix: str, pack: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / f"text{suffix}"
    path.write_bytes(pack(b""))

    assert list(read_lines(path)) == []


@pytest.mark.parametrize(("suffix", "pack"), PACKED)
def test_compressed_standard_input_is_named_with_its_command(
    suffix: str, pack: Callable[[bytes], bytes]
) -> None:
    command = {".gz": "gzip -dc", ".bz2": "bzip2 -dc", ".xz": "xz -dc", ".zst": "zstd -dc"}[suffix]

    with pytest.raises(TextError, match=rf"it is compressed as \{suffix}: {command} FILE"):
        list(stream_lines([pack(b"one\n")], "it"))


def test_a_name_of_a_compression_on_plain_text_is_one_line(tmp_path: Path) -> None:
    for suffix, _ in PACKED:
        path = tmp_path / f"plain{suffix}"
        path.write_bytes(b"no compressed file at all\n")
        with pytest.raises(TextError, match=rf"plain\{suffix} cannot be read") as caught:
            list(read_lines(path))
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["Guten Tag\nDanke\n", "Привет, мир\nдни\n", "Привет\nили\n", "日本語\n今日は\n"]
)
@pytest.mark.parametrize(
    ("encoding", "bom"),
    [
        ("utf-16-le", b"\xff\xfe"),
        ("utf-16-be", b"\xfe\xff"),
        ("utf-16-le", b""),
        ("utf-16-be", b""),
    ],
)
def test_utf16_is_named_with_and_without_a_byte_order_mark(
    tmp_path: Path, text: str, encoding: str, bom: bytes
) -> None:
    path = tmp_path / "text.en"
    path.write_bytes(bom + text.encode(encoding))

    with pytest.raises(
        TextError, match=r"text\.en, line 1, is not UTF-8|text\.en is UTF-16"
    ) as caught:
        list(read_lines(path))
    if bom or not text.startswith("日"):  # Japanese without a mark is no UTF-8 at its first byte
        assert "UTF-16, not UTF-8: iconv -f UTF-16" in str(caught.value)


def test_text_with_escape_codes_and_nuls_is_still_text() -> None:
    lines = ["\x1b[31mred\x1b[0m", "\0a", "a\0b", "four"]

    assert list(stream_lines([f"{line}\n".encode() for line in lines], "it")) == lines
    assert list(stream_lines([b"\0\n", b"\0\0\0\n"], "it")) == ["\0", "\0\0\0"]


def zipped(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, "one\r\ntwo\n")
    return buffer.getvalue()


def test_the_only_file_of_a_zip_archive_is_read(tmp_path: Path) -> None:
    path = tmp_path / "train.en.zip"
    path.write_bytes(zipped("folder/train.en", "folder/", "__MACOSX/._train.en"))

    assert list(read_lines(path)) == ["one", "two"]

    path.write_bytes(zipped("train.en")[:-30])
    with pytest.raises(TextError, match=r"train\.en\.zip cannot be read: File is not a zip file"):
        list(read_lines(path))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "windows-1252"])
def test_lines_of_another_encoding_are_read_by_its_name(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "text.de.gz"
    text = "M\u00e4dchen\r\n\n\u20ac 5\x0b\nEnde"
    path.write_bytes(gzip.compress(text.encode(encoding)))

    assert list(read_lines(path, encoding)) == ["M\u00e4dchen", "", "\u20ac 5\x0b", "Ende"]


def test_text_in_windows_1252_is_named(tmp_path: Path) -> None:
    path = tmp_path / "text.de"
    path.write_bytes("eins\nM\u00e4dchen\n".encode("cp1252"))

    message = "line 2, is not UTF-8 at byte 6; it looks like Windows-1252: iconv .*data.encoding="
    with pytest.raises(TextError, match=message):
        list(read_lines(path))


def test_a_text_that_is_not_in_the_named_encoding_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "text.de"
    path.write_bytes(b"eins\nM\xe4dchen\n")

    with pytest.raises(TextError, match=r"text\.de, line 1, is not utf-16: "):
        list(read_lines(path, "utf-16"))
    with pytest.raises(TextError, match=r"text\.de, line \d, is not ascii: "):
        list(read_lines(path, "ascii"))


@pytest.mark.parametrize("name", ["utf-17", "rot13", "a\0b", "x" * 100])
def test_an_encoding_that_there_is_not_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=r"data\.encoding must be the name of an encoding"):
        require_encoding("data.encoding", name)


def tarred() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("train.en"), io.BytesIO(b""))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (zipped("train.en", "train.de"), "is a zip file"),
        (tarred(), "is a tar archive: tar -xf FILE"),
        (gzip.compress(tarred()), "is a tar archive: tar -xf FILE"),
        (gzip.compress(gzip.compress(b"one\n")), "is compressed as .gz: gzip -dc FILE"),
        (b"PAR1\x15\x04", "is a Parquet file: data=parquet reads it"),
        (b"\x04\x22\x4d\x18\x60", "is compressed by LZ4: lz4 -d FILE NEW"),
        ("\ufeffone\n".encode("utf-32-le"), "is UTF-32, not UTF-8: iconv"),
    ],
    # Archives hold the time: without names, two processes would collect other tests.
    ids=["zip", "tar", "tar.gz", "gz.gz", "parquet", "lz4", "utf-32"],
)
def test_what_is_no_text_is_named_as_what_it_is(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "train.en"
    path.write_bytes(data)

    with pytest.raises(TextError, match=rf"train\.en {re.escape(message)}"):
        list(read_lines(path))


@pytest.mark.parametrize(("start", "offset"), [(b"", 10), (b"\xef\xbb\xbf", 13)])
def test_broken_utf8_names_the_file_the_line_and_the_byte(
    tmp_path: Path, start: bytes, offset: int
) -> None:
    path = tmp_path / "broken.de"
    path.write_bytes(start + b"four\nand \xffno\n")  # 5 bytes of the first line, then 4

    with pytest.raises(TextError, match=rf"broken\.de, line 2, is not UTF-8 at byte {offset - 1}$"):
        list(read_lines(path))


def test_a_name_with_commas_is_reported_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "a,b,c.en"
    path.write_bytes(b"x" * 12_345 + b"\xff")

    with pytest.raises(TextError, match=r"a,b,c\.en, line 1, is not UTF-8 at byte 12 345$"):
        list(read_lines(path))


def test_a_missing_file_and_a_damaged_one_are_reported(tmp_path: Path) -> None:
    cut = tmp_path / "cut.gz"
    cut.write_bytes(gzip.compress(b"one\ntwo\n" * 100)[:-12])

    with pytest.raises(TextError, match="there is no file"):
        list(read_lines(tmp_path / "none"))
    with pytest.raises(TextError, match=r"cut\.gz cannot be read"):
        list(read_lines(cut))


@pytest.mark.parametrize("suffix", ["", ".gz", ".bz2", ".xz", ".zst"])
def test_a_file_is_replaced_when_the_new_one_is_whole(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"out{suffix}"
    with atomic_write(path) as file:
        file.write("old\n")

    def interrupted() -> None:
        with atomic_write(path) as file:
            file.write("new\n")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(read_lines(path)) == ["old"]
    assert [p.name for p in tmp_path.iterdir()] == [path.name]  # no temporary file remains

    with atomic_write(path) as file:
        file.write("new\u2028er\n")
    assert list(read_lines(path)) == ["new\u2028er"]


def test_a_missing_folder_is_reported(tmp_path: Path) -> None:
    with pytest.raises(TextError, match="cannot be written"), atomic_write(tmp_path / "no" / "out"):
        pass


@needs_posix
def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with atomic_write(path) as file:
            file.write("one\n")
        assert os.read(reader, 99) == b"one\n"
    finally:
        os.close(reader)

    assert path.is_fifo()
    assert [p.name for p in tmp_path.iterdir()] == ["pipe"]


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "folder" / "real")

    for text in ("old\n", "new\n"):
        with atomic_write(tmp_path / "link") as file:
            file.write(text)

    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "folder" / "real").read_text() == "new\n"
    assert [p.name for p in (tmp_path / "folder").iterdir()] == ["real"]
