"""Documents in an encoding that is told by an option: read as UTF-8, and written as they were."""

from collections.abc import Sequence
from dataclasses import dataclass

from seq2seq.documents.document import Document, SegmentTranslation, TextSegment
from seq2seq.documents.source_text import SourceText


@dataclass(frozen=True)
class RecodedDocument:
    """A document that was parsed in UTF-8, and is written in the encoding of its file."""

    data: bytes
    source: SourceText  # in the encoding of the file
    parsed: Document

    @property
    def segments(self) -> Sequence[TextSegment]:
        return self.parsed.segments

    def write(self, translations: Sequence[SegmentTranslation | None]) -> bytes:
        text = self.parsed.write(translations).decode()
        # Some encodings have two forms of a character: what has no new text is not encoded again.
        return self.data if text == self.source.text else self.source.encode(text)
