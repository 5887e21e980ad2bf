"""Where downloads and prepared corpora are kept."""

import os
from pathlib import Path


def cache_folder() -> Path:
    """$SEQ2SEQ_CACHE, or seq2seq in the user's own cache folder."""
    if given := os.environ.get("SEQ2SEQ_CACHE"):
        return Path(given).expanduser()
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return (Path(base) if base else Path.home() / ".cache") / "seq2seq"
