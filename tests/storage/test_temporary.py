"""Names of temporary files."""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from seq2seq.storage.temporary import remove_temporaries, temporary_name, visible_name

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
def test_the_ending_which_says_how_to_write_stays(name: str) -> None:
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
