"""Outputs that would replace an input or one another, refused before any work is done.

Files are compared by what they are, not by their names: links, hard links, and names that are one
to the file system are found.
"""

import os
import stat
import tempfile
import unicodedata
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

from seq2seq.errors import ConfigError


class NamedFile(NamedTuple):
    """A file, and the option by which a user has given it."""

    option: str
    name: str
    description: str = ""  # for messages; empty: OPTION=NAME

    def __str__(self) -> str:
        """Return it as a message has it."""
        return self.description or f"{self.option}={self.name}"


def require_distinct(inputs: Sequence[NamedFile], outputs: Sequence[NamedFile]) -> None:
    """Require that no two outputs are one file, and that no output is an input.

    Devices and pipes, which are written through, may be given as often as one likes.

    Raises:
        ConfigError: naming both.
    """
    for first, second in combinations(outputs, 2):
        if _is_same(first.name, second.name):
            if first == second:
                raise ConfigError(
                    f"{first.option} {first.name} is given twice: it would hold the second alone"
                )
            raise ConfigError(f"{first} and {second} are one file: it would hold the second alone")
    for output in outputs:
        for given in inputs:
            if _is_same(output.name, given.name):
                raise ConfigError(f"{output} would replace {given}: they are one file")


def _is_same(first: str, second: str) -> bool:
    """Return whether two names are of one file, which need not exist yet."""
    pair = [Path(os.path.realpath(name)) for name in (first, second)]
    try:
        modes = [_mode(path) for path in pair]
        if None not in modes:
            regular = all(mode is not None and stat.S_ISREG(mode) for mode in modes)
            return regular and pair[0].samefile(pair[1])
        if modes != [None, None] or not pair[0].parent.samefile(pair[1].parent):
            return False
    except OSError:
        return False
    return pair[0].name == pair[1].name or _is_same_name(pair[0].parent, *(p.name for p in pair))


def _is_same_name(folder: Path, first: str, second: str) -> bool:
    """Return whether the file system of `folder` takes two different names for one."""
    forms = [unicodedata.normalize("NFKC", name).casefold() for name in (first, second)]
    if forms[0] != forms[1]:
        return False
    try:
        with tempfile.TemporaryDirectory(prefix=".names.", dir=folder) as probe:
            Path(probe, first).touch()
            return Path(probe, second).exists()
    except OSError:
        return False


def _mode(path: Path) -> int | None:
    """Return the mode of what is at `path`, None if there is nothing.

    Raises:
        OSError: the name is too long, or what leads to it may not be looked into.
    """
    try:
        return path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
