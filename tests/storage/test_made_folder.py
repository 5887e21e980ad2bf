from pathlib import Path

import pytest

from seq2seq.storage.files import made_folder


def fail_in(folder: Path, *files: str) -> None:
    """Write empty files into a folder, and fail."""
    with made_folder(folder):
        for name in files:
            (folder / name).touch()
        raise ValueError("damaged")


@pytest.mark.parametrize("files", [[], ["plot.png"]])
def test_a_folder_goes_when_its_block_fails_before_anything_is_in_it(
    tmp_path: Path, files: list[str]
) -> None:
    with pytest.raises(ValueError, match="damaged"):
        fail_in(tmp_path / "a" / "b", *files)

    assert (tmp_path / "a").exists() is bool(files)


def test_a_folder_that_was_there_stays(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="damaged"):
        fail_in(tmp_path)

    assert tmp_path.is_dir()
