import bz2
import gzip
import io
import lzma
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.errors import TextError
from seq2seq.storage.files import atomic_write
from seq2seq.text.lines import read_lines, stream_lines

# Any text without the two characters that have to do with the ends of lines.
LINE = st.text(st.characters(exclude_characters="\n\r", exclude_categories=["Cs"]), max_size=20)


@given(st.lists(LINE, min_size=1).filter(lambda lines: not lines[0].startswith("\ufeff")))
def test_lines_come_back_whatever_is_in_them(lines: list[str]) -> None:
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
def test_what_a_line_is(data: bytes, lines: list[str]) -> None:
    assert list(stream_lines(io.BytesIO(data), "it")) == lines


@pytest.mark.parametrize(
    ("suffix", "pack"),
    [("", bytes), (".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress)],
)
def test_a_file_is_decompressed_by_its_name(tmp_path: Path, suffix: str, pack: type[bytes]) -> None:
    path = tmp_path / f"text{suffix}"
    path.write_bytes(pack("Grüße\nan alle\n".encode()))

    assert list(read_lines(path)) == ["Grüße", "an alle"]


@pytest.mark.parametrize(("start", "offset"), [(b"", 10), (b"\xef\xbb\xbf", 13)])
def test_broken_utf8_names_the_file_and_the_byte(tmp_path: Path, start: bytes, offset: int) -> None:
    path = tmp_path / "broken.de"
    path.write_bytes(start + b"four\nand \xffno\n")  # 5 bytes of the first line, then 4

    with pytest.raises(TextError, match=rf"broken\.de is not UTF-8 at byte {offset - 1}$"):
        list(read_lines(path))


def test_a_name_with_commas_is_told_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a,b,c.en"
    path.write_bytes(b"x" * 12_345 + b"\xff")

    with pytest.raises(TextError, match=r"a,b,c\.en is not UTF-8 at byte 12 345$"):
        list(read_lines(path))


def test_a_missing_file_and_a_damaged_one_are_told(tmp_path: Path) -> None:
    cut = tmp_path / "cut.gz"
    cut.write_bytes(gzip.compress(b"one\ntwo\n" * 100)[:-12])

    with pytest.raises(TextError, match="there is no file"):
        list(read_lines(tmp_path / "none"))
    with pytest.raises(TextError, match=r"cut\.gz cannot be read"):
        list(read_lines(cut))


@pytest.mark.parametrize("suffix", ["", ".gz", ".bz2", ".xz"])
def test_a_file_takes_its_place_when_it_is_whole(tmp_path: Path, suffix: str) -> None:
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
    assert [p.name for p in tmp_path.iterdir()] == [path.name]  # nothing is left beside it

    with atomic_write(path) as file:
        file.write("new\u2028er\n")
    assert list(read_lines(path)) == ["new\u2028er"]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(TextError, match="cannot be written"), atomic_write(tmp_path / "no" / "out"):
        pass


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
