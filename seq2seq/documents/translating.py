"""Translation of the segments of documents: all lines of many documents in one stream."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from seq2seq.documents.document import Document, SegmentTranslation, TextSegment
from seq2seq.documents.inline import strip_tags

# Lines, to the best translation of each; those that a person should check are not sure.
TranslateLines = Callable[[Sequence[str]], Iterable[SegmentTranslation]]


@dataclass
class DocumentReport:
    """Counts of the segments of documents, by what became of them."""

    counts: Counter[str] = field(default_factory=Counter)  # by outcome

    def __str__(self) -> str:
        """Return the counts as a line."""
        total = sum(self.counts[name] for name in ("translated", "kept", "left"))
        parts = [f"{count:,} {name}" for name, count in sorted(self.counts.items()) if count]
        return f"{total:,} segments: {', '.join(parts) or 'none'}"


def translate_documents(
    documents: Sequence[Document], translate: TranslateLines, overwrite: bool = False
) -> tuple[list[list[SegmentTranslation | None]], DocumentReport]:
    """Translate the segments of documents, each different line once.

    Args:
        documents: parsed documents.
        translate: a function from lines to their translations, in order.
        overwrite: translate what has a translation that is kept otherwise.

    Returns:
        For each document, the translation of each segment or None, and counts.
    """
    report = DocumentReport()
    chosen = [[_lines(segment, overwrite) for segment in each.segments] for each in documents]
    lines = dict.fromkeys(
        line for each in chosen for segment in each for line in segment if is_translatable(line)
    )
    known = dict(zip(lines, translate(list(lines)), strict=True))
    translations = []
    for document, texts in zip(documents, chosen, strict=True):
        made = [_join(segment, known) for segment in texts]
        translations.append(made)
        for segment, translation in zip(document.segments, made, strict=True):
            report.counts[_outcome(segment, translation)] += 1
            report.counts["not sure"] += translation is not None and not translation.is_sure
    return translations, report


def _lines(segment: TextSegment, overwrite: bool) -> list[str]:
    """Return the lines of a segment; none where it stays as it is."""
    if (segment.is_kept and not overwrite) or not is_translatable(segment.text):
        return []
    return segment.text.split("\n")


def is_translatable(text: str) -> bool:
    """Return whether there is a letter in a text, beside tags that stand for markup."""
    return any(map(str.isalpha, strip_tags(text)))


def _join(lines: Sequence[str], known: dict[str, SegmentTranslation]) -> SegmentTranslation | None:
    """Return the translation of a segment from those of its lines; None for no lines.

    It is as sure as the line that is the least so.
    """
    if not lines:
        return None
    parts = [known.get(line, SegmentTranslation(line)) for line in lines]
    rated = [part.confidence for part in parts if part.confidence is not None]
    return SegmentTranslation(
        "\n".join(part.text for part in parts),
        all(part.is_sure for part in parts),
        min(rated, default=None),
    )


def _outcome(segment: TextSegment, translation: SegmentTranslation | None) -> str:
    if translation is not None:
        return "translated"
    return "kept" if segment.is_kept else "left"
