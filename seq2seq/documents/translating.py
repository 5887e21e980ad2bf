"""Translation of the segments of documents: all lines of many documents in one stream."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from seq2seq.documents.document import Document, SegmentTranslation, TextSegment
from seq2seq.documents.inline import strip_tags
from seq2seq.documents.memory import TranslationMemory

# Lines, to the best translation of each; those that a person should check are not sure.
TranslateLines = Callable[[Sequence[str]], Iterable[SegmentTranslation]]

_OUTCOMES = ("translated", "from memory", "kept", "left")


@dataclass
class DocumentReport:
    """Counts of the segments of documents, by what became of them."""

    counts: Counter[str] = field(default_factory=Counter)  # by outcome

    def __str__(self) -> str:
        """Return the counts as a line."""
        total = sum(self.counts[name] for name in _OUTCOMES)
        parts = [f"{count:,} {name}" for name, count in sorted(self.counts.items()) if count]
        noun = "segment" if total == 1 else "segments"
        return f"{total:,} {noun}: {', '.join(parts) or 'none'}"


def translate_documents(
    documents: Sequence[Document],
    translate: TranslateLines,
    overwrite: bool = False,
    memory: TranslationMemory | None = None,
) -> tuple[list[list[SegmentTranslation | None]], DocumentReport]:
    """Translate the segments of documents, each different line once.

    Args:
        documents: parsed documents.
        translate: a function from lines to their translations, in order.
        overwrite: translate what has a translation that is kept otherwise.
        memory: translations of texts, which are taken over.

    Returns:
        For each document, the translation of each segment or None, and counts.
    """
    report = DocumentReport()
    recall = memory.recall if memory else _recall_nothing
    chosen = [
        [_lines(segment, overwrite, recall) for segment in each.segments] for each in documents
    ]
    lines = dict.fromkeys(
        line.removesuffix("\r")  # what is left of a line end of Windows
        for each in chosen
        for lines in each
        if isinstance(lines, list)
        for line in lines
        if is_translatable(line)
    )
    known = dict(zip(lines, translate(list(lines)), strict=True))
    translations = []
    for document, texts in zip(documents, chosen, strict=True):
        made = [_join(lines, known) if isinstance(lines, list) else lines for lines in texts]
        translations.append(made)
        report.counts += report_segments(document, made).counts
    return translations, report


def report_segments(
    document: Document, translations: Sequence[SegmentTranslation | None]
) -> DocumentReport:
    """Count what became of the segments of a document."""
    counts = Counter[str]()
    for segment, translation in zip(document.segments, translations, strict=True):
        counts[_outcome(segment, translation)] += 1
        if translation is not None:
            counts["not sure"] += not translation.is_sure
            counts["drafts made anew"] += bool(segment.existing) and not segment.is_kept
            counts["spans repaired"] += translation.repaired
    return DocumentReport(counts)


def _recall_nothing(_: str) -> None:
    return None


def _lines(
    segment: TextSegment, overwrite: bool, recall: Callable[[str], str | None]
) -> list[str] | SegmentTranslation:
    """Return the lines of a segment, none where it stays; or its translation from a memory."""
    if (segment.is_kept and not overwrite) or not is_translatable(segment.text):
        return []
    recalled = recall(segment.text)
    if recalled is not None:
        return SegmentTranslation(recalled, is_recalled=True)
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
    parts = [_translated(line, known) for line in lines]
    rated = [part.confidence for part in parts if part.confidence is not None]
    return SegmentTranslation(
        "\n".join(part.text for part in parts),
        all(part.is_sure for part in parts),
        min(rated, default=None),
        sum(part.repaired for part in parts),
    )


def _translated(line: str, known: dict[str, SegmentTranslation]) -> SegmentTranslation:
    """Return the translation of a line, which ends as it does."""
    text = line.removesuffix("\r")
    found = known.get(text, SegmentTranslation(text))
    return found if text == line else found._replace(text=f"{found.text}\r")


def _outcome(segment: TextSegment, translation: SegmentTranslation | None) -> str:
    if translation is not None:
        return "from memory" if translation.is_recalled else "translated"
    return "kept" if segment.is_kept else "left"
