"""The cache of downloads and prepared corpora: atomic builds, and repair of damaged entries."""

import hashlib
import json
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Timer
from typing import Any, TypeVar

from seq2seq.errors import TextError

T = TypeVar("T")

log = logging.getLogger("seq2seq.cache")

TEMPORARY_PREFIX = ".making-"  # prefix of the names of folders that are being built
NOTICE_SECONDS = 5.0  # of preparation, after which a line says what takes so long
ABANDONED_SECONDS = 24 * 3600  # after the last write, a folder that is being built is abandoned


def cache_folder() -> Path:
    """Return $SEQ2SEQ_CACHE, or seq2seq in the user's own cache folder."""
    if variable := os.environ.get("SEQ2SEQ_CACHE"):
        return Path(variable).expanduser()
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return (Path(base) if base else Path.home() / ".cache") / "seq2seq"


def cache_fingerprint(facts: Any) -> str:
    """Return a hash of `facts`, which prepared files depend on, in 32 hexadecimal digits."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:32]


@contextmanager
def notice_after(seconds: float, message: str) -> Iterator[None]:
    """Log `message` if the block takes longer than `seconds`."""
    timer = Timer(seconds, log.info, [message])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def build_once(folder: Path, marker: str, build: Callable[[Path], None]) -> None:
    """Build `folder` atomically, unless it exists.

    Args:
        folder: folder in the cache.
        marker: the file in the folder that shows that it is complete.
        build: fills the empty temporary folder that it is called with; files beside that folder are
            removed afterwards.

    Raises:
        TextError: the disk is full, or the cache cannot be written.
    """
    if (folder / marker).is_file():
        return
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        remove_abandoned_builds(folder.parent)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=TEMPORARY_PREFIX) as work:
            temporary = Path(work) / "done"
            temporary.mkdir()
            with notice_after(NOTICE_SECONDS, f"preparing the data, once, into {folder}"):
                build(temporary)
            shutil.rmtree(folder, ignore_errors=True)
            temporary.replace(folder)
    except OSError as error:
        raise TextError(f"{folder} cannot be written: {error}") from error


def load_or_build(
    folder: Path, marker: str, build: Callable[[Path], None], load: Callable[[], T]
) -> T:
    """Return the result of `load`, which reads `folder`; `build` makes the folder if need be.

    A damaged folder is removed and built again, with a line in the log.

    Args:
        folder: folder in the cache.
        marker: see `build_once`.
        build: see `build_once`.
        load: reads the folder; any exception means that the folder is damaged.
    """
    build_once(folder, marker, build)
    try:
        return load()
    except Exception as error:
        log.warning("%s is damaged and is built again (%s)", folder, type(error).__name__)
    shutil.rmtree(folder, ignore_errors=True)
    build_once(folder, marker, build)
    return load()


def remove_abandoned_builds(folder: Path) -> None:
    """Remove folders that killed processes were building in `folder`."""
    for work in folder.glob(f"{TEMPORARY_PREFIX}*"):
        with suppress(OSError):  # another process is removing it
            newest = max(path.stat().st_mtime for path in (work, *work.rglob("*")))
            if time.time() - newest > ABANDONED_SECONDS:
                shutil.rmtree(work)
