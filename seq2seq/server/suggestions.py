"""Suggestions of clients, kept as a translation memory: a TMX file that grows."""

from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import BinaryIO
from xml.sax.saxutils import escape, quoteattr

from seq2seq.errors import ConfigError, TextError

MAX_SUGGESTIONS_BYTES = 2**30  # of the file
_TAIL = b"  </body>\n</tmx>\n"
_READ = 2**16  # bytes from the end of the file, among which the end of the body is
# Characters that XML 1.0 does not have.
_NOT_XML = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 65534, 65535))


class Suggestions:
    """A TMX 1.4 file. Each suggestion is added in front of its end."""

    def __init__(self, path: Path) -> None:
        """Take the file, or make it.

        Raises:
            ConfigError: it cannot be written, or is none of TMX.
        """
        self.path = path
        self._lock = Lock()
        try:
            if not path.exists():
                path.write_bytes(_head() + _TAIL)
            with path.open("r+b") as file:
                _find_end(file, path)
        except OSError as error:
            reason = error.strerror or error
            raise ConfigError(f"suggestions={path} cannot be written: {reason}") from None
        except TextError as error:
            raise ConfigError(f"suggestions={path}: {error}") from None

    def add(self, source: str, text: str, target: str, translation: str) -> None:
        """Add a suggestion.

        Args:
            source: the language of the text.
            text: a text.
            target: the language of its translation.
            translation: the suggested one.

        Raises:
            TextError: the file cannot be written, or is full.
        """
        now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        variants = "".join(
            f"      <tuv xml:lang={quoteattr(code)}><seg>{_escaped(each)}</seg></tuv>\n"
            for code, each in ((source, text), (target, translation))
        )
        unit = f'    <tu creationdate="{now}">\n{variants}    </tu>\n'.encode()
        try:
            with self._lock, self.path.open("r+b") as file:
                end = _find_end(file, self.path)
                if end + len(unit) > MAX_SUGGESTIONS_BYTES:
                    raise TextError("there is no room for more suggestions")
                file.seek(end)
                file.write(unit + _TAIL)
                file.truncate()
        except OSError as error:
            raise TextError(f"the suggestion cannot be kept: {error.strerror or error}") from None


def _head() -> bytes:
    return (
        b'<?xml version="1.0" encoding="UTF-8"?>\n<tmx version="1.4">\n'
        b'  <header creationtool="seq2seq" creationtoolversion="1" segtype="block" '
        b'o-tmf="seq2seq" adminlang="en" srclang="*all*" datatype="plaintext"/>\n  <body>\n'
    )


def _find_end(file: BinaryIO, path: Path) -> int:
    """Return where the next unit begins: behind the last one that is complete.

    Raises:
        TextError: there is no such place.
    """
    size = file.seek(0, 2)
    start = max(0, size - _READ)
    file.seek(start)
    data = file.read()
    for ending in (b"</tu>\n", b"<body>\n"):
        found = data.rfind(ending)
        if found >= 0:
            return start + found + len(ending)
    raise TextError(f"{path} is no TMX file that this program has written")


def _escaped(text: str) -> str:
    return escape(text.translate(_NOT_XML))
