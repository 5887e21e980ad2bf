"""Outputs that would replace an input or one another, refused before any work is done.

Files are compared by identity, not by name: links, hard links, and names that are equal
to the file system are recognised.
"""

import os
import stat
import tempfile
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from seq2seq.errors import ConfigError


class NamedFile(NamedTuple):
    """A file, and the option that names it."""

    option: str
    name: str
    description: str = ""  # for messages; empty: OPTION=NAME

    def __str__(self) -> str:
        """Return the form of the file in messages."""
        return self.description or f"{self.option}={self.name}"


class _Identity(NamedTuple):
    """A regular file, or a name that no file has yet: equal keys may be one file."""

    key: tuple[object, ...]  # device and inode, of the file or of its folder and the folded name
    path: Path  # with all links resolved
    exists: bool


def require_distinct(inputs: Sequence[NamedFile], outputs: Sequence[NamedFile]) -> None:
    """Require that no two outputs are one file, and that no output is an input.

    Devices and pipes, which are written through, may occur any number of times. Each file is
    looked up once, so that the time is linear in their number.

    Raises:
        ConfigError: two files are the same; the message names both.
    """
    known = _Files()
    for second in outputs:
        if first := known.find_or_add(second):
            if first == second:
                raise ConfigError(
                    f"{first.option} {first.name} is given twice: it would hold the second alone"
                )
            raise ConfigError(f"{first} and {second} are one file: it would hold the second alone")
    for source in inputs:
        if output := known.find(source):
            raise ConfigError(f"{output} would replace {source}: they are one file")


class _Files:
    """Distinct files, by their keys."""

    def __init__(self) -> None:
        self._by_key: dict[tuple[object, ...], list[tuple[_Identity, NamedFile]]]
        self._by_key = defaultdict(list)

    def find(self, file: NamedFile) -> NamedFile | None:
        """Return the file that is the same as `file`, if there is one."""
        identity = _identity(file.name)
        return self._same(identity) if identity else None

    def find_or_add(self, file: NamedFile) -> NamedFile | None:
        """Return the file that is the same as `file`; add `file` if there is none."""
        identity = _identity(file.name)
        if identity is None:
            return None
        same = self._same(identity)
        if same is None:
            self._by_key[identity.key].append((identity, file))
        return same

    def _same(self, identity: _Identity) -> NamedFile | None:
        candidates = self._by_key.get(identity.key, ())
        return next((file for other, file in candidates if _is_same(other, identity)), None)


def _identity(name: str) -> _Identity | None:
    """Return the identity of a file, which need not exist yet.

    Return None for a file that is written through, and for one that can be neither read nor
    written, which another check refuses.
    """
    try:
        path = Path(os.path.realpath(name))
        try:
            status = path.stat()
        except (FileNotFoundError, NotADirectoryError):
            folder = path.parent.stat()
            folded = unicodedata.normalize("NFKC", path.name).casefold()
            return _Identity((folder.st_dev, folder.st_ino, folded), path, False)
    except (OSError, ValueError):  # ValueError: a NUL in the name
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    return _Identity((status.st_dev, status.st_ino), path, True)


def _is_same(first: _Identity, second: _Identity) -> bool:
    """Return whether two identities with equal keys are of one file."""
    if first.exists or first.path.name == second.path.name:
        return True
    return _is_same_name(first.path.parent, first.path.name, second.path.name)


def _is_same_name(folder: Path, first: str, second: str) -> bool:
    """Return whether the file system of `folder` takes two different names for one."""
    try:
        with tempfile.TemporaryDirectory(prefix=".names.", dir=folder) as probe:
            Path(probe, first).touch()
            return Path(probe, second).exists()
    except OSError:
        return False
