"""Where downloads and prepared corpora are kept, and how what is kept there comes about."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from seq2seq.errors import TextError


def cache_folder() -> Path:
    """$SEQ2SEQ_CACHE, or seq2seq in the user's own cache folder."""
    if given := os.environ.get("SEQ2SEQ_CACHE"):
        return Path(given).expanduser()
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return (Path(base) if base else Path.home() / ".cache") / "seq2seq"


def mark_of(facts: Any) -> str:
    """What prepared files depend on, in 32 hexadecimal digits."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:32]


def once(folder: Path, last: str, make: Callable[[Path], None]) -> None:
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
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".making-") as work:
            made = Path(work) / "done"
            made.mkdir()
            make(made)
            shutil.rmtree(folder, ignore_errors=True)
            made.replace(folder)
    except OSError as error:
        raise TextError(f"{folder} cannot be written: {error}") from error
