"""A zipped document: the members that have texts are documents of their own."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from seq2seq.documents.document import Document, SegmentTranslation, TextSegment
from seq2seq.documents.zip_members import ZipMember, is_media, read_members, write_members
from seq2seq.errors import TextError

# Parses a member; None where it has no texts.
ParseMember = Callable[[ZipMember], Document | None]


class ZipDocument:
    """Members in their order; one without a new text is copied."""

    def __init__(self, data: bytes, members: Sequence[ZipMember], parse: ParseMember) -> None:
        """Parse the members.

        Raises:
            TextError: a member is damaged; the message names it.
        """
        self.data, self.members = data, members
        self.parts: dict[int, Document] = {}
        for index, member in enumerate(members):
            try:
                part = None if is_media(member.name) else parse(member)
            except TextError as error:
                raise TextError(f"{member.name}: {error}") from None
            if part is not None:
                self.parts[index] = part
        self.segments: Sequence[TextSegment] = [
            replace(segment, location=f"{members[index].name}, {segment.location}")
            for index, part in self.parts.items()
            for segment in part.segments
        ]

    def write(self, translations: Sequence[SegmentTranslation | None]) -> bytes:
        written, position = list(self.members), 0
        for index, part in self.parts.items():
            end = position + len(part.segments)
            data = part.write(translations[position:end])
            written[index] = self.members[index]._replace(data=data)
            position = end
        if all(new.data == old.data for new, old in zip(written, self.members, strict=True)):
            return self.data
        return write_members(self.finish(written))

    def finish(self, members: list[ZipMember]) -> Sequence[ZipMember]:
        """Return the members with what else changes in a document that has new texts."""
        return members


def require_member(members: Sequence[ZipMember], name: str, kind: str) -> None:
    """Check that a zip file is a document of a kind.

    Raises:
        TextError: it lacks the member that every such document has.
    """
    if not any(member.name == name for member in members):
        raise TextError(f"it is no {kind}: it has no member {name}")


def read_zip(data: bytes, required: str, kind: str, parse: ParseMember) -> ZipDocument:
    """Parse a zipped document.

    Args:
        data: the zip file.
        required: a member that it must have.
        kind: its name in a message.
        parse: parses a member.

    Raises:
        TextError: it is damaged, or no document of this kind.
    """
    members = read_members(data)
    require_member(members, required, kind)
    return ZipDocument(data, members, parse)
