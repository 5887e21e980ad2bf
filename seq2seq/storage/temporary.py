"""Names of temporary files, and the removal of those that killed processes have left."""

import os
import re
import secrets
from contextlib import suppress
from pathlib import Path

STEM_BYTES = 64  # of an output's name in that of its temporary file: far below any NAME_MAX
SUFFIX_BYTES = 16  # a longer ending is dropped; others stay, since writers may go by them
_TEMPORARY = re.compile(r"\.(.*\.)?[0-9a-f]{8}\.tmp(\.[^.]*)?", re.DOTALL)


def temporary_name(target: Path) -> Path:
    """Return a random hidden name in the folder of `target`, for a file that is not whole yet."""
    name = _name_beside(target, "tmp")
    return name.with_name(f".{name.name}")


def visible_name(target: Path) -> Path:
    """Return a random name in the folder of `target`, for what could not be moved there."""
    return _name_beside(target, "finished")


def remove_temporaries(folder: Path) -> None:
    """Remove the temporary files in `folder` that killed processes have left.

    Only while this process has locked the folder: no other may be writing there. Names are random,
    so that each kill in the middle of a checkpoint leaves another file.
    """
    for path in folder.iterdir():
        if _TEMPORARY.fullmatch(path.name):
            with suppress(OSError):
                path.unlink()


def _name_beside(target: Path, mark: str) -> Path:
    suffix = target.suffix if len(os.fsencode(target.suffix)) <= SUFFIX_BYTES else ""
    stem = target.name.removesuffix(suffix)
    while len(os.fsencode(stem)) > STEM_BYTES:
        stem = stem[:-1]  # by characters: macOS refuses a part of one
    return target.with_name(f"{stem}.{secrets.token_hex(4)}.{mark}{suffix}".lstrip("."))
