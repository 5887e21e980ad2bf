"""Files within Debian packages: a .deb is an `ar` archive with a compressed tar archive in it.

Nothing is installed or run; names are compared only, so that a path in an archive means nothing.
"""

import io
import lzma
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from seq2seq.errors import TextError
from seq2seq.storage.regular import open_regular

AR_MAGIC, HEADER_BYTES = b"!<arch>\n", 60  # of each member: name, times, owner, mode, size, end
MAX_MEMBER_BYTES = 2**30  # compressed
MAX_FILE_BYTES, MAX_TOTAL_BYTES = 2**24, 2**30  # decompressed
COMPRESSIONS = {"data.tar": "", "data.tar.gz": "gz", "data.tar.xz": "xz", "data.tar.bz2": "bz2"}


def package_files(package: Path, folder: str, ending: str) -> Iterator[tuple[str, bytes]]:
    """Yield the path below `folder` and the bytes of each file with `ending`, in their order.

    Args:
        package: the .deb file.
        folder: where the files are in it, such as "usr/share/help/de/".
        ending: of their names.

    Raises:
        TextError: the file is no such package, is damaged, or decompresses to too much.
    """
    total = 0
    try:
        with open_regular(package) as file:
            compression, data = _data_member(file, package)
            mode: Any = f"r:{compression}"  # one of the literals of its stub
            with tarfile.open(fileobj=io.BytesIO(data), mode=mode) as archive:
                for member in archive:
                    total += member.size
                    if member.size > MAX_FILE_BYTES or total > MAX_TOTAL_BYTES:
                        raise TextError(
                            f"{package} has files of more than {MAX_FILE_BYTES:,} bytes, or of "
                            f"{MAX_TOTAL_BYTES:,} together"
                        )
                    name = member.name.removeprefix("./")
                    if member.isfile() and name.startswith(folder) and name.endswith(ending):
                        content = archive.extractfile(member)
                        assert content is not None
                        yield name.removeprefix(folder), content.read()
    except (OSError, EOFError, tarfile.TarError, lzma.LZMAError, zlib.error) as error:
        raise TextError(f"{package} cannot be read: {error}") from None


def _data_member(file: IO[bytes], package: Path) -> tuple[str, bytes]:
    """Return the compression and the bytes of the archive of files in a package."""
    if file.read(len(AR_MAGIC)) != AR_MAGIC:
        raise TextError(f"{package} is no Debian package")
    while len(header := file.read(HEADER_BYTES)) == HEADER_BYTES:
        name = header[:16].decode("ascii", errors="replace").strip().rstrip("/")
        digits = header[48:58].strip()
        size = int(digits) if digits.isdigit() else MAX_MEMBER_BYTES + 1
        if size > MAX_MEMBER_BYTES:
            break
        if name in COMPRESSIONS:
            data = file.read(size)
            if len(data) < size:
                break
            return COMPRESSIONS[name], data
        file.seek(size + size % 2, 1)  # members begin at even positions
    raise TextError(f"{package} has no files: it is damaged, or of a kind that is not read")
