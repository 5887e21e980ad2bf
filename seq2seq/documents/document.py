"""The contract of formats: a function from bytes to a document, which is written back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from seq2seq.config.documents import DocumentOptions


@dataclass(frozen=True)
class TextSegment:
    """A text of a document that is translated by itself.

    Tags and placeholders stand in the text as they are: a translator protects them.
    Line breaks may be in it: each line is translated by itself.
    """

    text: str
    location: str  # where it is, for messages: a key, or "line 7"
    context: str = ""  # what tells it from an equal text: a msgctxt, the name of a column
    plural: str = ""  # the CLDR category of the text, of a message with several
    existing: str | None = None  # the translation that the document has of it
    is_kept: bool = False  # keep `existing`: there is no need to translate it


class SegmentTranslation(NamedTuple):
    """The translation of a segment."""

    text: str
    is_sure: bool = True  # False: a person should look at it; formats mark it where they can
    confidence: float | None = None  # from 0 to 1, where it was asked for
    repaired: int = 0  # spans that were missing and were inserted
    is_recalled: bool = False  # from a translation memory

    @property
    def is_known_sure(self) -> bool:
        """Return whether something says that it is right: its confidence, or a memory."""
        return self.is_recalled or (self.is_sure and self.confidence is not None)


class Document(Protocol):
    """A parsed document."""

    @property
    def segments(self) -> Sequence[TextSegment]:
        """The texts of the document, in its order."""

    def write(self, translations: Sequence[SegmentTranslation | None]) -> bytes:
        """Return the document with translations.

        Args:
            translations: one for each segment; None leaves a segment as it is. All else is byte for
                byte as it was, and so is a segment that already has this text.
        """


@dataclass(frozen=True)
class FormatSettings:
    """Facts that a format may need, beside the bytes."""

    options: DocumentOptions = field(default_factory=DocumentOptions)
    source_language: str = ""  # codes such as de or pt-BR; "" where nobody knows
    target_language: str = ""


ParseFunction = Callable[[bytes, FormatSettings], Document]
