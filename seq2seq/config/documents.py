"""Options of documents: which of their texts are translated."""

from dataclasses import dataclass, field
from typing import Any

from seq2seq.config.ranges import require, require_ranges

MAX_PATTERNS = 10_000  # of keys


def is_text_encoding(name: str) -> bool:
    """Return whether Python knows an encoding of text by this name."""
    try:
        return isinstance("".encode(name), bytes)
    except (LookupError, ValueError):
        return False


@dataclass
class DocumentOptions:
    """Options of documents, for all formats."""

    # Of formats with keys: patterns of the keys to translate, such as `*.title`; []: all.
    keys: list[str] = field(default_factory=list)
    leave: list[str] = field(default_factory=list)  # patterns of keys that stay as they are
    # Of tables: names or numbers of the columns to translate; `en:de` writes column de from en.
    columns: list[Any] = field(default_factory=list)
    # Of texts, tables, subtitles, JSON and YAML without a byte order mark, as cp1252; null: UTF-8.
    encoding: str | None = None
    overwrite: bool = False  # translate anew what has a translation already

    def __post_init__(self) -> None:
        require_ranges("document.", self)
        known = self.encoding is None or is_text_encoding(self.encoding)
        require("document.encoding", self.encoding, known, "an encoding of Python, such as cp1252")
        for name in ("keys", "leave", "columns"):
            count, most = len(getattr(self, name)), f"at most {MAX_PATTERNS}"
            require(f"document.{name}", f"{count}", count <= MAX_PATTERNS, most)
