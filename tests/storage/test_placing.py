"""Files that appear when they are complete, whatever is at their path."""

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from matplotlib.figure import Figure
from safetensors.torch import load_file

from seq2seq.errors import RunError, TextError
from seq2seq.plots.save import save_figure
from seq2seq.storage.files import atomic_write
from seq2seq.storage.placing import temporary_beside
from seq2seq.storage.tensors import save_tensors
from tests.posix import needs_posix


def write_text(path: Path) -> None:
    with atomic_write(path) as file:
        file.write("new\n")


def write_tensors(path: Path) -> None:
    save_tensors(path, {"x": torch.ones(2)}, {})


def write_figure(path: Path) -> None:
    save_figure(Figure(figsize=(1, 1)), path)


WRITERS = pytest.mark.parametrize("write", [write_text, write_tensors, write_figure])
Writer = Callable[[Path], None]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@WRITERS
def test_a_name_as_long_as_the_file_system_allows_is_written(tmp_path: Path, write: Writer) -> None:
    for name in ("n" * 250, "\u00e9" * 125 + ".x", "x." + "y" * 250):
        write(tmp_path / name)
        assert (tmp_path / name).stat().st_size > 0
    assert len(names(tmp_path)) == 3


@WRITERS
def test_writing_to_a_link_replaces_the_file_it_leads_to(tmp_path: Path, write: Writer) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "first").symlink_to("second")
    (tmp_path / "second").symlink_to("folder/real")

    write(tmp_path / "first")

    assert (tmp_path / "first").readlink() == Path("second")
    assert (tmp_path / "second").is_symlink()
    assert names(tmp_path / "folder") == ["real"]


@WRITERS
def test_a_link_to_itself_is_an_error_and_stays(tmp_path: Path, write: Writer) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises((TextError, RunError), match="Too many levels of symbolic links"):
        write(tmp_path / "loop")
    assert names(tmp_path) == ["loop"]


@WRITERS
def test_files_have_the_rights_that_a_new_file_has(tmp_path: Path, write: Writer) -> None:
    (tmp_path / "plain").touch()
    write(tmp_path / "out")
    assert (tmp_path / "out").stat().st_mode == (tmp_path / "plain").stat().st_mode


def refusing_to_replace(number: int, name: str = "out") -> Callable[[Path, Path], Path]:
    """Fail as Path.replace of a system that does not let the file `name` be replaced."""
    replace = Path.replace

    def refuse(self: Path, target: Path) -> Path:
        if target.name == name:
            raise OSError(number, os.strerror(number), str(self), None, str(target))
        return replace(self, target)

    return refuse


@pytest.mark.parametrize("number", [errno.EBUSY, errno.EXDEV, errno.EACCES])
def test_a_file_that_cannot_be_replaced_gets_the_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    (tmp_path / "out").write_text("old\n")
    inode = (tmp_path / "out").stat().st_ino
    monkeypatch.setattr(Path, "replace", refusing_to_replace(number))
    write_text(tmp_path / "out")
    assert (tmp_path / "out").read_text() == "new\n"
    assert (tmp_path / "out").stat().st_ino == inode
    assert names(tmp_path) == ["out"]


def test_the_finished_content_is_kept_if_it_can_neither_be_moved_nor_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, f"No space left on device {arguments}")

    (tmp_path / "out").write_text("old\n")
    monkeypatch.setattr(Path, "replace", refusing_to_replace(errno.EBUSY))
    monkeypatch.setattr(shutil, "copyfileobj", fail)
    with pytest.raises(TextError, match="what it was to hold is in ") as error:
        write_text(tmp_path / "out")
    assert Path(str(error.value).rpartition(" ")[2]).read_text() == "new\n"
    assert not any(name.startswith(".") for name in names(tmp_path))


def failing_sync(number: int) -> Callable[[int], None]:
    def fail(descriptor: int) -> None:
        raise OSError(number, os.strerror(number), descriptor)

    return fail


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP])
def test_a_file_system_without_fsync_is_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(os, "fsync", failing_sync(number))
    write_text(tmp_path / "out")
    assert (tmp_path / "out").read_text() == "new\n"


def test_a_disk_that_is_full_when_all_is_written_leaves_the_old_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "out").write_text("old\n")
    monkeypatch.setattr(os, "fsync", failing_sync(errno.ENOSPC))
    with pytest.raises(TextError, match="No space left on device"):
        write_text(tmp_path / "out")
    assert (tmp_path / "out").read_text() == "old\n"
    assert names(tmp_path) == ["out"]


def test_an_interrupt_after_the_last_byte_does_not_undo_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(descriptor: int) -> None:
        raise KeyboardInterrupt(descriptor)

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_text(tmp_path / "out")
    assert (tmp_path / "out").read_text() == "new\n"
    assert names(tmp_path) == ["out"]


def test_an_exception_leaves_the_old_content(tmp_path: Path) -> None:
    def fail() -> None:
        with temporary_beside(tmp_path / "out") as temporary:
            temporary.write_text("half")
            raise KeyError

    (tmp_path / "out").write_text("old\n")
    with pytest.raises(KeyError):
        fail()
    assert (tmp_path / "out").read_text() == "old\n"
    assert names(tmp_path) == ["out"]


@needs_posix
def test_a_device_is_written_through() -> None:
    with temporary_beside(Path("/dev/null")) as path:
        assert path == Path("/dev/null")
    write_text(Path("/dev/null"))
    assert Path("/dev/null").is_char_device()


def test_saving_tensors_leaves_other_files_of_the_folder_alone(tmp_path: Path) -> None:
    (tmp_path / "weights.tmp").write_text("mine")
    save_tensors(tmp_path / "weights.safetensors", {"x": torch.arange(3)}, {"a": "b"})
    assert load_file(tmp_path / "weights.safetensors")["x"].tolist() == [0, 1, 2]
    assert (tmp_path / "weights.tmp").read_text() == "mine"
