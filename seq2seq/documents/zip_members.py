"""Members of zip files: read within bounds, and written in the same order."""

import io
import re
import zipfile
import zlib
from collections.abc import Sequence
from typing import NamedTuple

from seq2seq.errors import TextError

MAX_EXPANDED_BYTES = 2**29  # of all members, 512 MiB: they are held in memory
MAX_MARKUP_BYTES = 2**26  # of those with markup, 64 MiB: parsed they are many times as large
MAX_MEMBERS = 20_000
_OLE_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OUTSIDE = re.compile(r"[\\/]|[A-Za-z]:|(?:.*[\\/])?\.\.(?:[\\/]|\Z)", re.DOTALL)
# Endings of members that are never parsed: pictures, sound, fonts, other documents.
_MEDIA = (
    *(".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".emf", ".wmf", ".svg", ".webp"),
    *(".mp3", ".mp4", ".m4a", ".m4v", ".avi", ".mov", ".wav", ".ogg", ".webm", ".css", ".js"),
    *(".ttf", ".otf", ".woff", ".woff2", ".odttf", ".fntdata", ".bin", ".pdf"),
    *(".docx", ".pptx", ".xlsx"),
)
_ENCRYPTED = 1  # bit of a member's flags
_ZIP64 = 1  # identifier of an extra field that the writer makes itself


def is_media(name: str) -> bool:
    """Return whether a member is no markup, by the ending of its name."""
    return name.lower().endswith(_MEDIA)


class ZipMember(NamedTuple):
    """A member of a zip file, with what it is when it is expanded."""

    info: zipfile.ZipInfo
    data: bytes

    @property
    def name(self) -> str:
        """Return the name in the zip file."""
        return self.info.filename


def read_members(data: bytes) -> list[ZipMember]:
    """Read all members of a zip file.

    Raises:
        TextError: it is damaged or encrypted, expands to more than `MAX_EXPANDED_BYTES` or its
            markup to more than `MAX_MARKUP_BYTES`, or has a member that is outside of it or is
            there twice.
    """
    if data.startswith(_OLE_SIGNATURE):
        raise TextError(
            "it is encrypted, or in an old format of Office: save it without a password"
        )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            _require_sane(infos)
            return [ZipMember(info, archive.read(info)) for info in infos]
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError,
            ValueError, RuntimeError, OverflowError, AttributeError) as error:  # fmt: skip
        if isinstance(error, TextError):
            raise
        message = " ".join(str(error).split())[:200] or "its end is missing"
        raise TextError(f"it is no zip file, or a damaged one: {message}") from None


def _require_sane(infos: Sequence[zipfile.ZipInfo]) -> None:
    if len(infos) > MAX_MEMBERS:
        raise TextError(f"it has more than {MAX_MEMBERS:,} members")
    size, names = 0, set[str]()
    for info in infos:
        name = info.filename
        size += info.file_size
        if _OUTSIDE.match(name):
            raise TextError(f"the member {name[:80]!r} is outside of the document")
        if name in names:
            raise TextError(f"the member {name[:80]!r} is there twice")
        if info.flag_bits & _ENCRYPTED:
            raise TextError(f"the member {name[:80]!r} is encrypted")
        names.add(name)
    if size > MAX_EXPANDED_BYTES:
        raise TextError(f"it expands to more than {MAX_EXPANDED_BYTES:,} bytes")
    if _markup_bytes(infos) > MAX_MARKUP_BYTES:
        raise TextError(f"its texts expand to more than {MAX_MARKUP_BYTES:,} bytes")


def _markup_bytes(infos: Sequence[zipfile.ZipInfo]) -> int:
    return sum(info.file_size for info in infos if not is_media(info.filename))


def expanded_markup_bytes(data: bytes) -> int:
    """Return the size of the members with markup once they are expanded; 0 for no zip file."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _markup_bytes(archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError, OverflowError, NotImplementedError):
        return 0


def write_members(members: Sequence[ZipMember], comment: bytes = b"") -> bytes:
    """Return a zip file of members, in their order and with the compression that each has."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.comment = comment
        for info, data in members:
            written = zipfile.ZipInfo(info.filename, info.date_time)
            written.compress_type, written.comment = info.compress_type, info.comment
            written.external_attr, written.internal_attr = info.external_attr, info.internal_attr
            written.create_system, written.extra = info.create_system, _extra(info.extra)
            archive.writestr(written, data)
    return buffer.getvalue()


def _extra(extra: bytes) -> bytes:
    """Return the extra fields of a member but those about its sizes."""
    kept, position = b"", 0
    while position + 4 <= len(extra):
        identifier = int.from_bytes(extra[position : position + 2], "little")
        end = position + 4 + int.from_bytes(extra[position + 2 : position + 4], "little")
        if identifier != _ZIP64:
            kept += extra[position:end]
        position = end
    return kept
