"""Kinds of files that a path may lead to: only regular ones are read."""

import os
import socket
from pathlib import Path

import pytest

from seq2seq.errors import TextError
from seq2seq.storage.regular import (
    escaped,
    open_regular,
    quoted,
    read_regular,
    require_file_or_pipe,
)
from tests.posix import needs_posix


def open_descriptors() -> int:
    return len(list(Path("/dev/fd").iterdir()))


def test_a_file_and_a_link_to_one_are_opened(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"\x00\r\n\xff")
    (tmp_path / "link").symlink_to("file")
    for name in ("file", "link"):
        with open_regular(tmp_path / name) as file:
            assert file.read() == b"\x00\r\n\xff"


def test_a_missing_file_and_a_link_to_nothing_are_missing_files(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("nothing")
    for name in ("file", "link"):
        with pytest.raises(TextError, match=f"^there is no file .*{name}$"):
            open_regular(tmp_path / name)


def test_a_link_to_itself_and_a_file_without_the_right_to_read_are_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("link")
    with pytest.raises(TextError, match=r"link cannot be read: .*symbolic links$"):
        open_regular(tmp_path / "link")
    (tmp_path / "file").touch(mode=0)
    if not os.access(tmp_path / "file", os.R_OK):
        with pytest.raises(TextError, match=r"file cannot be read: Permission denied$"):
            open_regular(tmp_path / "file")


@needs_posix
def test_a_pipe_that_nobody_writes_to_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "config.yaml")
    with pytest.raises(TextError, match=r"config\.yaml is a pipe, not a file$"):
        open_regular(tmp_path / "config.yaml")


@needs_posix
def test_a_device_is_refused_also_behind_a_link(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").symlink_to("/dev/zero")
    with pytest.raises(TextError, match=r"config\.yaml is a device, not a file$"):
        open_regular(tmp_path / "config.yaml")


@needs_posix
def test_a_text_that_is_read_once_may_be_a_pipe_and_nothing_else_than_a_file(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    (tmp_path / "loop").symlink_to("loop")

    require_file_or_pipe(tmp_path / "file")
    require_file_or_pipe(tmp_path / "pipe")
    for name, message in {
        "zero": "zero is a device, not a file",
        "": "is a folder, not a file",
        "loop": "loop cannot be read: .*symbolic links",
        "nothing": "^there is no file .*nothing",
    }.items():
        with pytest.raises(TextError, match=f"{message}$"):
            require_file_or_pipe(tmp_path / name)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TextError, match=r"is a folder, not a file$"):
        open_regular(tmp_path)


def test_a_socket_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the name of a socket must be short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("run.json")
        with pytest.raises(TextError, match=r"^run\.json is a socket, not a file$"):
            open_regular(Path("run.json"))


@needs_posix
def test_a_pipe_that_takes_the_place_of_a_file_before_it_is_opened_is_refused_and_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")
    of_file = (tmp_path / "file").stat()
    before = open_descriptors()
    with monkeypatch.context() as patch:
        patch.setattr(Path, "stat", lambda _: of_file)
        with pytest.raises(TextError, match=r"pipe is a pipe, not a file$"):
            open_regular(tmp_path / "pipe")
    assert open_descriptors() == before


def test_a_file_of_the_most_bytes_is_read_and_one_of_a_byte_more_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_text("é\r\n", encoding="utf-8", newline="")
    assert read_regular(path, 4) == "é\r\n"
    with pytest.raises(TextError, match=r"is too large: it may have 3 bytes at most$"):
        read_regular(path, 3)


def test_a_file_that_would_not_fit_into_memory_is_refused_by_its_size(tmp_path: Path) -> None:
    path = tmp_path / "sparse"
    path.touch()
    os.truncate(path, 2**42)
    with pytest.raises(TextError, match="is too large"):
        read_regular(path, 2**41)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc")
def test_a_file_without_a_size_is_bounded_too() -> None:
    assert Path("/proc/self/status").stat().st_size == 0
    with pytest.raises(TextError, match="is too large"):
        read_regular(Path("/proc/self/status"), 10)


def test_text_that_is_not_utf_8_is_refused_with_its_position(tmp_path: Path) -> None:
    (tmp_path / "text").write_bytes(b"ab\xff")
    with pytest.raises(TextError, match=r"text is not UTF-8 at byte 2$"):
        read_regular(tmp_path / "text", 10)


def test_control_characters_are_escaped_and_letters_of_all_languages_stay() -> None:
    assert escaped("ü 語\x1b[2J\n\u202e\x9b") == r"ü 語\x1b[2J\n\u202e\x9b"
    assert quoted("ü\x1b") == r"'ü\x1b'"


def test_quoted_text_has_sixty_characters_at_most() -> None:
    assert quoted("a" * 58) == "'" + "a" * 58 + "'"
    assert quoted("a" * 59) == "'" + "a" * 56 + "..."
    assert len(quoted("\x1b" * 10**6)) == 60
