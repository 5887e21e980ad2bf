"""Atomic writes on real systems: mounts, signals, rights, and processes that are killed."""

import errno
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.errors import Stopped, TextError
from seq2seq.storage.placing import temporary_beside
from seq2seq.storage.temporary import remove_temporaries
from tests.posix import needs_posix

WRITE = """
import sys
from pathlib import Path
from seq2seq.storage.placing import temporary_beside
with temporary_beside(Path(sys.argv[1])) as temporary:
    temporary.write_text("new")
    if "wait" in sys.argv:
        print(flush=True)
        sys.stdin.read()
"""
COMMAND = [sys.executable, "-c", WRITE]


def write(path: Path, text: str = "new") -> None:
    with temporary_beside(path) as temporary:
        temporary.write_text(text)


def failing(error: BaseException) -> Callable[..., None]:
    def fail(*_: object) -> None:
        raise error

    return fail


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


@pytest.mark.skipif(shutil.which("unshare") is None, reason="no namespaces of mounts")
def test_a_mounted_file_gets_the_content(tmp_path: Path) -> None:
    for name in ("out", "outside"):
        (tmp_path / name).write_text("old and longer")
    mount = 'mount --bind "$1" "$2" || exit 77; shift 2; "$@"'
    names = [str(tmp_path / name) for name in ("outside", "out", "out")]
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", mount, "sh", *names[:2], *COMMAND, names[2]],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("no right to mount")
    assert done.stderr == ""
    assert contents(tmp_path) == {"out": "old and longer", "outside": "new"}


@needs_posix
def test_a_process_that_is_killed_leaves_the_old_content_and_a_file_that_can_be_removed(
    tmp_path: Path,
) -> None:
    (tmp_path / "out").write_text("old")
    pipe = subprocess.PIPE
    with subprocess.Popen([*COMMAND, tmp_path / "out", "wait"], stdin=pipe, stdout=pipe) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.kill()
    assert process.returncode == -signal.SIGKILL
    assert (tmp_path / "out").read_text() == "old"
    assert len(contents(tmp_path)) == 2
    remove_temporaries(tmp_path)
    assert contents(tmp_path) == {"out": "old"}


@needs_posix
def test_the_rights_of_a_file_stay_and_its_successor_is_private_from_the_start(
    tmp_path: Path,
) -> None:
    path = tmp_path / "out"
    for rights in (0o600, 0o640, 0o444):
        path.touch()
        path.chmod(rights)
        with temporary_beside(path) as temporary:
            assert temporary.stat().st_mode & 0o777 == 0o600
            temporary.write_text("new")
        assert path.stat().st_mode & 0o777 == rights
        path.unlink()


def test_a_file_that_replaces_the_temporary_one_gets_the_rights_too(tmp_path: Path) -> None:
    """Replace the file as safetensors does, whose files only their owner may read."""
    (tmp_path / "plain").touch()
    with temporary_beside(tmp_path / "out") as temporary:
        (tmp_path / "other").touch(mode=0o600)
        (tmp_path / "other").replace(temporary)
    assert (tmp_path / "out").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize("number", [errno.EBUSY, errno.EXDEV, errno.EACCES, errno.EPERM])
def test_a_new_file_that_cannot_be_moved_is_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(os, "replace", failing(OSError(number, "no")))
    monkeypatch.setattr(Path, "replace", failing(OSError(number, "no")))
    write(tmp_path / "out")
    assert contents(tmp_path) == {"out": "new"}


def test_an_error_that_is_not_of_moving_leaves_the_old_content_and_names_the_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "out.txt").write_text("old")
    monkeypatch.setattr(Path, "replace", failing(OSError(errno.EIO, "Input/output error")))
    with pytest.raises(TextError, match=r"Input/output error; .* is in \S+\.txt$") as error:
        write(tmp_path / "out.txt")
    assert (tmp_path / "out.txt").read_text() == "old"
    assert Path(str(error.value).rpartition(" ")[2]).read_text() == "new"


def test_where_even_renaming_fails_the_message_has_the_temporary_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "replace", failing(OSError(errno.EIO, "Input/output error")))
    monkeypatch.setattr(Path, "rename", failing(OSError(errno.EIO, "Input/output error")))
    with pytest.raises(TextError) as error:
        write(tmp_path / "out")
    assert Path(str(error.value).rpartition(" ")[2]).read_text() == "new"


def test_an_interrupt_while_copying_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "out").write_text("old")
    monkeypatch.setattr(Path, "replace", failing(OSError(errno.EBUSY, "busy")))
    monkeypatch.setattr(shutil, "copyfileobj", failing(Stopped(signal.SIGTERM)))
    with pytest.raises(Stopped):
        write(tmp_path / "out")
    assert sorted(contents(tmp_path).values()) == ["", "new"]
    assert not any(name.startswith(".") for name in contents(tmp_path))


def test_a_folder_that_cannot_be_opened_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Write where folders cannot be opened, as on Windows."""
    opened = os.open

    def refuse(path: Path, flags: int, *mode: int) -> int:
        if path.is_dir():
            raise PermissionError(errno.EACCES, "Permission denied")
        return opened(path, flags, *mode)

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", refuse)
        write(tmp_path / "out")
    assert contents(tmp_path) == {"out": "new"}


@pytest.mark.parametrize("name", ["", "folder", "no/out", "n" * 256, "a\0b"])
def test_what_cannot_be_an_output_is_an_error_before_the_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    with pytest.raises(TextError, match="cannot be written"), temporary_beside(Path(name)):
        pytest.fail("the block was entered")
    assert list(tmp_path.iterdir()) == [tmp_path / "folder"]


def test_two_writers_of_one_output_do_not_mix(tmp_path: Path) -> None:
    with temporary_beside(tmp_path / "out") as first, temporary_beside(tmp_path / "out") as second:
        assert first != second
        first.write_text("first")
        second.write_text("second")
    assert contents(tmp_path) == {"out": "first"}  # which ended last


@needs_posix
def test_a_pipe_is_written_to_and_stays(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        write(tmp_path / "pipe")
        assert os.read(reader, 10) == b"new"
    finally:
        os.close(reader)
    assert (tmp_path / "pipe").is_fifo()


@needs_posix
def test_what_standard_output_is_redirected_to_is_continued_and_not_replaced(
    tmp_path: Path,
) -> None:
    with (tmp_path / "log").open("w") as file:
        inode = os.fstat(file.fileno()).st_ino
        subprocess.run([*COMMAND, "/dev/stdout"], stdout=file, check=True)
    assert (tmp_path / "log").stat().st_ino == inode
    assert contents(tmp_path) == {"log": "new"}


@given(st.binary(max_size=200), st.binary(max_size=200), st.booleans())
def test_a_reader_finds_the_old_or_the_new_content_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, old: bytes, new: bytes, fails: bool
) -> None:
    folder = tmp_path_factory.mktemp("folder")
    (folder / "out").write_bytes(old)
    try:
        with temporary_beside(folder / "out") as temporary:
            temporary.write_bytes(new)
            assert (folder / "out").read_bytes() == old
            if fails:
                raise KeyError
    except KeyError:
        pass
    assert [path.name for path in folder.iterdir()] == ["out"]
    assert (folder / "out").read_bytes() == (old if fails else new)
