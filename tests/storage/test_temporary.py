"""Temporary files: their names, and the removal of those of killed processes."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from seq2seq.storage.temporary import (
    remove_abandoned,
    remove_temporaries,
    temporary_name,
    visible_name,
)
from tests.posix import needs_posix

LETTERS = st.characters(exclude_characters="/\0", exclude_categories=["Cs"])
NAMES = st.text(LETTERS, min_size=1, max_size=255).filter(
    lambda name: name not in (".", "..") and len(name.encode()) <= 255
)


@given(NAMES)
@example("...")
def test_temporary_files_of_any_name_can_be_created_and_are_found_again(name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, name)
        target.touch()
        temporary = temporary_name(target)
        temporary.touch()
        assert temporary.name.startswith(".")
        assert len(os.fsencode(temporary.name)) <= 100
        remove_temporaries(Path(folder))
        assert list(Path(folder).iterdir()) == [target]


@given(NAMES)
@example("...")
@example(".hidden")
def test_the_name_of_what_could_not_be_moved_is_visible_and_no_temporary_one(name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = visible_name(Path(folder, name))
        path.touch()
        remove_temporaries(Path(folder))
        assert list(Path(folder).iterdir()) == [path]
        assert not path.name.startswith(".")
        assert len(os.fsencode(path.name)) <= 108


@pytest.mark.parametrize("name", ["model.safetensors", "out.de.gz", "curves.png", "no-ending"])
def test_the_suffix_by_which_a_writer_chooses_the_format_stays(name: str) -> None:
    assert temporary_name(Path(name)).suffix in (Path(name).suffix, ".tmp")
    assert visible_name(Path(name)).suffix in (Path(name).suffix, ".finished")


def test_two_names_for_one_output_differ() -> None:
    assert temporary_name(Path("out")) != temporary_name(Path("out"))


def test_other_hidden_and_temporary_files_of_a_folder_are_left_alone(tmp_path: Path) -> None:
    names = {
        ".lock",
        ".out.part",
        "out.tmp",
        ".out.tmp",
        "out.0123abcd.tmp",
        ".tmp",
        ".x.0123abcg.tmp",
    }
    for name in names:
        (tmp_path / name).touch()
    (tmp_path / ".out.0123abcd.tmp.gz").mkdir()  # not ours: we make no such folders
    remove_temporaries(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {*names, ".out.0123abcd.tmp.gz"}


NAME_OF_A_DEAD_PROCESS = """
import sys
from pathlib import Path
from seq2seq.storage.temporary import temporary_name
print(temporary_name(Path(sys.argv[1])).name)
"""


def dead_name(target: Path) -> Path:
    """Return the temporary name that a process has made which is dead."""
    line = [sys.executable, "-c", NAME_OF_A_DEAD_PROCESS, str(target)]
    done = subprocess.run(line, capture_output=True, text=True, check=True)
    return target.with_name(done.stdout.rstrip())


@needs_posix
@pytest.mark.parametrize("name", ["out", "out.de.gz", "n" * 200 + ".txt"])
def test_a_temporary_file_of_a_dead_process_is_removed_and_others_stay(
    tmp_path: Path, name: str
) -> None:
    target = tmp_path / name
    dead, living = dead_name(target), temporary_name(target)
    elsewhere = dead.with_name(dead.name.replace(dead.name.split("-")[0][-6:], "0" * 6))
    other_output, earlier = dead_name(tmp_path / "other"), tmp_path / ".out.0123abcd.tmp"
    stay = {target, living, elsewhere, other_output, earlier}
    for path in (dead, *stay):
        path.touch()

    remove_abandoned(target)

    assert set(tmp_path.iterdir()) == stay


@needs_posix
def test_a_folder_that_a_killed_process_did_not_complete_is_removed(tmp_path: Path) -> None:
    dead = dead_name(tmp_path / "run")
    dead.mkdir()
    (dead / "config.yaml").touch()

    remove_abandoned(tmp_path / "run")

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_has_no_temporary_files(tmp_path: Path) -> None:
    remove_abandoned(tmp_path / "none" / "out")
