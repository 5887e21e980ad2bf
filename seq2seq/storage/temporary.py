"""Names of temporary files, and removal of the temporary files of killed processes."""

import os
import re
import secrets
import shutil
from contextlib import suppress
from pathlib import Path
from typing import cast

from seq2seq.storage.processes import is_alive, machine_id

STEM_BYTES = 48  # of the output's name in its temporary file's name: far below any NAME_MAX
SUFFIX_BYTES = 16  # a longer suffix is dropped; others stay, since writers may depend on them
_TOKEN = r"(?:(?P<machine>[0-9a-f]{6})-(?P<process>[0-9]+)-)?[0-9a-f]{8}"
_TEMPORARY = re.compile(rf"\.(?P<stem>.*\.)?{_TOKEN}\.tmp(?P<suffix>\.[^.]*)?", re.DOTALL)


def temporary_name(target: Path) -> Path:
    """Return a random hidden name in the folder of `target`, for a file that is incomplete.

    The name has the machine and the number of this process, so that `remove_abandoned` knows whose
    it is.
    """
    token = f"{machine_id()}-{os.getpid()}-{secrets.token_hex(4)}"
    name = _name_beside(target, token, "tmp")
    return name.with_name(f".{name.name}")


def visible_name(target: Path) -> Path:
    """Return a random name in the folder of `target`, for a file that could not be moved there."""
    return _name_beside(target, secrets.token_hex(4), "finished")


def remove_temporaries(folder: Path) -> None:
    """Remove the temporary files in `folder` that killed processes did not remove.

    This process must have locked the folder: no other may be writing there. Names are random,
    so that each kill in the middle of a checkpoint adds another file.
    """
    for path in folder.iterdir():
        if _TEMPORARY.fullmatch(path.name):
            with suppress(OSError):
                path.unlink()


def remove_abandoned(target: Path) -> None:
    """Remove the temporary files and folders of `target` whose processes are dead.

    Those of other machines stay, since nothing shows here whether their processes are alive.
    """
    ours = cast("re.Match[str]", _TEMPORARY.fullmatch(temporary_name(target).name))
    with suppress(OSError):  # the folder may not be read
        for name in os.listdir(target.parent):  # noqa: PTH208 - names alone: it may have many
            other = _TEMPORARY.fullmatch(name)
            if other and other["process"] and _is_abandoned(other, ours):
                _remove(target.parent / name)


def _is_abandoned(other: re.Match[str], ours: re.Match[str]) -> bool:
    """Return whether a temporary name has the same output and machine, and its process is dead."""
    is_same = all(other[part] == ours[part] for part in ("stem", "suffix", "machine"))
    return is_same and not is_alive(int(other["process"]))


def _remove(path: Path) -> None:
    with suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _name_beside(target: Path, token: str, kind: str) -> Path:
    suffix = target.suffix if len(os.fsencode(target.suffix)) <= SUFFIX_BYTES else ""
    stem = target.name.removesuffix(suffix)
    while len(os.fsencode(stem)) > STEM_BYTES:
        stem = stem[:-1]  # whole characters: macOS refuses a part of a character
    return target.with_name(f"{stem}.{token}.{kind}{suffix}".lstrip("."))
