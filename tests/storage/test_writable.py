"""Names of outputs: allowed, or refused before work is done."""

import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.errors import TextError
from seq2seq.storage.writable import is_written_through, require_writable
from tests.posix import needs_posix

NOBODY = 65534  # a user without any rights


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the current folder, which has the folder `there`."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there").mkdir()
    return tmp_path


@pytest.fixture
def without_rights() -> Iterator[Path]:
    """Yield a folder without the right to write, which root would have."""
    if os.name == "nt":
        pytest.skip("rights of Windows are not in the mode of a file")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "file").write_text("old\n")
        (folder / "file").chmod(0o444)
        folder.chmod(0o555)
        is_root = os.geteuid() == 0
        if is_root:
            os.seteuid(NOBODY)
        try:
            yield folder
        finally:
            if is_root:
                os.seteuid(0)
            folder.chmod(0o755)


def refusal(name: str | Path) -> str:
    with pytest.raises(TextError) as error:
        require_writable(name, "output")
    message = str(error.value)
    assert message.isprintable()  # one line, and nothing that acts on a terminal
    return message


def test_an_empty_name_is_refused(folder: Path) -> None:
    assert refusal("") == "output is empty: it must name a file"
    assert list(folder.iterdir()) == [folder / "there"]


@pytest.mark.parametrize("name", [".", "..", "there", "there/", "there/..", "new/", "a/b/.", "/"])
@pytest.mark.usefixtures("folder")
def test_a_folder_and_a_name_that_ends_like_one_are_refused(name: str) -> None:
    assert refusal(name) == f"output={name} is a folder, not a file"


def test_a_link_to_a_folder_is_refused(folder: Path) -> None:
    (folder / "link").symlink_to("there")
    assert refusal("link") == "output=link is a folder, not a file"


@pytest.mark.parametrize(
    ("name", "missing"),
    [("no/out", "no"), ("there/no/out", "there/no"), ("file/out", "file"), ("/no/out", "/no")],
)
def test_a_folder_that_is_missing_or_a_file_is_named(folder: Path, name: str, missing: str) -> None:
    (folder / "file").touch()
    assert refusal(name) == f"output={name} cannot be written: there is no folder {missing}"


def test_a_link_into_a_missing_folder_is_refused_with_that_folder(folder: Path) -> None:
    (folder / "link").symlink_to("no/out")
    missing = (folder / "no").resolve()
    assert refusal("link") == f"output=link cannot be written: there is no folder {missing}"


@pytest.mark.usefixtures("folder")
def test_a_loop_of_links_is_refused() -> None:
    Path("a").symlink_to("b")
    Path("b").symlink_to("a")
    assert refusal("a") == "output=a cannot be written: Too many levels of symbolic links"


@pytest.mark.usefixtures("folder")
def test_a_chain_of_more_links_than_the_system_follows_is_refused() -> None:
    for number in range(41):
        Path(str(number)).symlink_to(str(number + 1))
    assert "Too many levels" in refusal("0")
    require_writable("1", "output")


@pytest.mark.parametrize(
    ("name", "length"), [("n" * 256, 256), ("語" * 86, 258), ("there/" + "n" * 300, 300)]
)
@pytest.mark.usefixtures("folder")
def test_a_name_of_more_than_255_bytes_is_refused_with_its_length(name: str, length: int) -> None:
    unit = "UTF-16 units" if os.name == "nt" else "bytes"
    if unit != "bytes" and not name.isascii():
        pytest.skip("86 are few enough")
    reason = f"its name has {length} {unit}, and may have 255"
    assert refusal(name) == f"output={name} cannot be written: {reason}"


@pytest.mark.parametrize("name", ["n" * 250, "n" * 255, "語" * 85, "x." + "y" * 250, ".hidden"])
def test_a_name_of_up_to_255_bytes_is_allowed_and_no_file_stays(folder: Path, name: str) -> None:
    require_writable(name, "output")
    require_writable(folder / name, "output")
    assert list(folder.iterdir()) == [folder / "there"]


@pytest.mark.usefixtures("folder")
def test_a_path_longer_than_the_system_takes_is_refused() -> None:
    assert refusal("there/" * 1000 + "out").endswith("cannot be written: File name too long")


@pytest.mark.parametrize("name", ["a\0b", "\ud800"])
@pytest.mark.usefixtures("folder")
def test_a_name_that_no_file_can_have_is_refused(name: str) -> None:
    assert refusal(name).endswith("cannot be written: no file can have such a name")


@pytest.mark.usefixtures("folder")
def test_control_characters_are_escaped_in_the_message() -> None:
    assert refusal("no\n\x1b[2J/out").startswith(r"output=no\n\x1b[2J/out cannot be written")


def test_a_file_a_link_to_one_and_a_link_to_nothing_yet_are_allowed(folder: Path) -> None:
    (folder / "file").write_text("old\n")
    (folder / "link").symlink_to("file")
    (folder / "dangling").symlink_to("there/new")
    for name in ("file", "link", "dangling", "new", "there/../new", "-"):
        require_writable(name, "output")
    assert (folder / "file").read_text() == "old\n"
    assert sorted(p.name for p in folder.iterdir()) == ["dangling", "file", "link", "there"]
    assert list((folder / "there").iterdir()) == []


@needs_posix
@pytest.mark.usefixtures("folder")
def test_devices_pipes_and_open_descriptors_are_written_through_and_allowed() -> None:
    os.mkfifo("pipe")
    Path("device").symlink_to("/dev/null")
    Path("descriptor").symlink_to("/dev/stderr")
    for name in ("pipe", "device", "descriptor", "/dev/null", "/dev/stdout", "/dev/fd/1"):
        assert is_written_through(name)
    for name in ("pipe", "device", "/dev/null"):
        require_writable(name, "output")


@needs_posix
def test_a_file_that_is_open_as_a_descriptor_is_written_through(folder: Path) -> None:
    with (folder / "log").open("w") as file:
        for name in (f"/dev/fd/{file.fileno()}", f"/proc/self/fd/{file.fileno()}"):
            if Path(name).exists():
                assert is_written_through(name)
    assert not is_written_through(folder / "log")
    assert not is_written_through(folder / "none")
    assert not is_written_through(folder)


@pytest.mark.usefixtures("folder")
def test_a_socket_is_refused() -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        assert refusal("socket") == "output=socket is a socket, not a file"


def test_a_folder_without_the_right_to_write_is_refused_and_named(without_rights: Path) -> None:
    path = without_rights / "new"
    reason = f"Permission denied, in the folder {without_rights}"
    assert refusal(path) == f"output={path} cannot be written: {reason}"


def test_standard_output_needs_no_folder_that_can_be_written(
    without_rights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(without_rights)
    require_writable("-", "output")
    assert refusal("new").endswith("Permission denied, in the folder .")


def test_a_file_without_the_right_to_write_is_refused(without_rights: Path) -> None:
    path = without_rights / "file"
    assert refusal(path) == f"output={path} cannot be written: it exists and is read-only"


@given(st.text())
def test_any_name_is_allowed_or_refused_in_one_line_and_nothing_changes(name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/{name}"
        try:
            require_writable(path, "output")
        except TextError:
            assert refusal(path)
        else:
            Path(path).touch()
            Path(path).unlink()
        assert list(Path(folder).iterdir()) == []
