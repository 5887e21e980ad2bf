"""Files that are opened by their ending and written atomically."""

import bz2
import gzip
import io
import lzma
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TextIO, cast

from seq2seq.errors import TextError
from seq2seq.storage.placing import temporary_beside

OPENERS: dict[str, Callable[..., Any]] = {
    ".gz": gzip.open,
    ".bz2": bz2.open,
    ".xz": lzma.open,
}
SUFFIXES = ("", *OPENERS)  # of a plain file and of compressed ones


def open_binary(path: Path) -> BinaryIO:
    """Open the bytes of `path`, decompressed by its name."""
    return cast(BinaryIO, OPENERS.get(path.suffix, open)(path, "rb"))


@contextmanager
def atomic_write(path: Path) -> Iterator[TextIO]:
    """Yield a UTF-8 file to write, compressed by its name, that replaces `path` when it is whole.

    Until the block ends without an exception, whatever was at `path` stays there. A link stays one;
    a device or a pipe is written to as it is.

    Raises:
        TextError: it cannot be written: no such folder, no right, a full disk.
    """
    try:
        with (
            temporary_beside(path) as temporary,
            OPENERS.get(path.suffix, open)(temporary, "wb") as binary,
        ):
            text = io.TextIOWrapper(binary, encoding="utf-8", newline="\n")
            yield text
            text.flush()
            text.detach()
    except BrokenPipeError:  # nobody reads on, here or where else the block writes
        raise
    except OSError as error:
        raise TextError(f"{path} cannot be written: {error.strerror or error}") from error
