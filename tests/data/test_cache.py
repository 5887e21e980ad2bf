"""What is kept once, and what is left behind by processes that were killed."""

import os
import time
from pathlib import Path

import pytest

from seq2seq.data.cache import ABANDONED_SECONDS, TEMPORARY_PREFIX, build_once, notice_after
from seq2seq.errors import TextError


def test_a_folder_is_built_once_and_atomically(tmp_path: Path) -> None:
    made = []

    def make(folder: Path) -> None:
        made.append(folder)
        (folder / "last").touch()

    def fail(folder: Path) -> None:
        (folder / "first").touch()
        raise OSError(28, "No space left on device")

    build_once(tmp_path / "kept", "last", make)
    build_once(tmp_path / "kept", "last", make)
    with pytest.raises(TextError, match="No space left"):
        build_once(tmp_path / "broken", "last", fail)

    assert len(made) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_abandoned_temporary_folders_are_removed(tmp_path: Path) -> None:
    long_ago = time.time() - ABANDONED_SECONDS - 60
    for name, now in (("dead", False), ("alive", True)):
        folder = tmp_path / f"{TEMPORARY_PREFIX}{name}" / "done"
        folder.mkdir(parents=True)
        (folder / "part").touch()
        for path in (folder.parent, folder):
            os.utime(path, (long_ago, long_ago))
        if not now:
            os.utime(folder / "part", (long_ago, long_ago))

    build_once(tmp_path / "kept", "last", lambda folder: (folder / "last").touch())

    assert {path.name for path in tmp_path.iterdir()} == {f"{TEMPORARY_PREFIX}alive", "kept"}


def test_a_notice_says_what_takes_long_and_nothing_of_what_does_not(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level("INFO", "seq2seq"):
        with notice_after(60, "never"):
            pass
        with notice_after(0.01, "slow"):
            time.sleep(0.5)

    assert caplog.messages == ["slow"]
