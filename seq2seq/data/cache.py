"""Where downloads and prepared corpora are kept, and how what is kept there comes about."""

import hashlib
import json
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from seq2seq.errors import TextError

T = TypeVar("T")

log = logging.getLogger("seq2seq.cache")

TEMPORARY_PREFIX = ".making-"  # begins the names of folders that are not whole yet
ABANDONED_SECONDS = 24 * 3600  # seconds after which nobody can still be writing into one


def cache_folder() -> Path:
    """$SEQ2SEQ_CACHE, or seq2seq in the user's own cache folder."""
    if given := os.environ.get("SEQ2SEQ_CACHE"):
        return Path(given).expanduser()
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return (Path(base) if base else Path.home() / ".cache") / "seq2seq"


def fingerprint(facts: Any) -> str:
    """What prepared files depend on, in 32 hexadecimal digits."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:32]


def build_once(folder: Path, last: str, make: Callable[[Path], None]) -> None:
    """Let `make` fill a folder that then becomes `folder`, unless that is there already.

    Args:
        folder: in the cache.
        last: the file in it without which it is not whole.
        make: is given an empty folder; what stands beside that is removed in the end.

    Raises:
        TextError: the disk is full, or the cache cannot be written.
    """
    if (folder / last).is_file():
        return
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        remove_abandoned(folder.parent)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=TEMPORARY_PREFIX) as work:
            made = Path(work) / "done"
            made.mkdir()
            make(made)
            shutil.rmtree(folder, ignore_errors=True)
            made.replace(folder)
    except OSError as error:
        raise TextError(f"{folder} cannot be written: {error}") from error


def load_or_build(
    folder: Path, last: str, make: Callable[[Path], None], load: Callable[[], T]
) -> T:
    """Return what `load` reads of a folder of the cache, which `make` fills where it is not there.

    A damaged folder is removed and filled once more, with a line in the log.

    Args:
        folder: in the cache.
        last: see `build_once`.
        make: see `build_once`.
        load: reads the whole folder; whatever it raises means that the folder is damaged.
    """
    build_once(folder, last, make)
    try:
        return load()
    except Exception as error:
        log.warning("%s is damaged and is made anew (%s)", folder, type(error).__name__)
    shutil.rmtree(folder, ignore_errors=True)
    build_once(folder, last, make)
    return load()


def remove_abandoned(folder: Path) -> None:
    """Remove what processes that were killed long ago left half made in `folder`."""
    for work in folder.glob(f"{TEMPORARY_PREFIX}*"):
        with suppress(OSError):  # another process removes it just now
            newest = max(path.stat().st_mtime for path in (work, *work.rglob("*")))
            if time.time() - newest > ABANDONED_SECONDS:
                shutil.rmtree(work)
