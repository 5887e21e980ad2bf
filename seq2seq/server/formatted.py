"""Translation of texts with markup: their sentences are translated, all else stays."""

import asyncio
from collections.abc import Mapping, Sequence

from seq2seq.config.documents import DocumentOptions
from seq2seq.documents.document import Document, FormatSettings, SegmentTranslation
from seq2seq.documents.registry import parse_document
from seq2seq.documents.translating import translate_documents
from seq2seq.errors import TextError
from seq2seq.server.directions import Route
from seq2seq.server.refusals import RefusalError
from seq2seq.server.service import TextOptions, TextResult, TranslationService


def document_lines(document: Document) -> Sequence[str]:
    """Return the lines of a document that are translated, each once."""
    asked: list[str] = []

    def collect(lines: Sequence[str]) -> list[SegmentTranslation]:
        asked.extend(lines)
        return [SegmentTranslation(line) for line in lines]

    translate_documents([document], collect)
    return asked


def write_translated(
    document: Document, lines: Mapping[str, SegmentTranslation]
) -> tuple[bytes, str]:
    """Return a document with translated lines, and a report about its segments.

    Args:
        document: as it was parsed.
        lines: the translation of each of `document_lines`.
    """
    (made,), report = translate_documents([document], lambda asked: [lines[each] for each in asked])
    return document.write(made), str(report)


def segment_translation(
    result: TextResult, number: int = 0, min_confidence: float | None = None
) -> SegmentTranslation:
    """Return the translation of some rank of a line of a document; where there are fewer, the last.

    Args:
        result: of the line, scored where there is a least confidence.
        number: the rank.
        min_confidence: the least confidence of a translation that is sure; None: all are.
    """
    number = min(number, len(result.texts) - 1)
    confidence, repaired = None, 0
    for line in result.lines:
        best = line[min(number, len(line) - 1)]
        confidence, repaired = best.get("confidence"), best["repaired"]
    is_sure = min_confidence is None or (confidence or 0.0) >= min_confidence
    return SegmentTranslation(result.texts[number], is_sure, confidence, repaired)


async def translate_formatted(
    service: TranslationService,
    texts: Sequence[str],
    route: Route,
    languages: tuple[str, str],
    format_name: str,
    n_best: int = 0,
) -> list[list[str]]:
    """Return the translations of texts, the best first.

    Args:
        service: that translates lines.
        texts: to translate.
        route: the runs.
        languages: of the texts and of their translations.
        format_name: text, or a format of documents.
        n_best: translations of a beam search; 0: the best of the configured search.

    Raises:
        RefusalError: a text is none of its format, or cannot be translated.
    """
    options = TextOptions(n_best=n_best)
    if format_name == "text" or not route.runs:
        return [each.texts for each in await service.translate(texts, route, options)]
    settings = FormatSettings(DocumentOptions(), *languages)
    documents = await asyncio.to_thread(_parse, texts, format_name, settings)
    lines = list(dict.fromkeys(line for each in documents for line in document_lines(each)))
    results = await service.translate(lines, route, options)
    found = dict(zip(lines, results, strict=True))
    made = []
    for document in documents:
        own = {line: found[line] for line in document_lines(document)}
        count = max((len(each.texts) for each in own.values()), default=1)
        made.append([_write(document, own, number) for number in range(count)])
    return made


def _parse(texts: Sequence[str], format_name: str, settings: FormatSettings) -> list[Document]:
    try:
        return [parse_document(text.encode(), format_name, settings, "q") for text in texts]
    except TextError as error:
        raise RefusalError(400, f"Invalid request: {error}") from None


def _write(document: Document, results: Mapping[str, TextResult], number: int) -> str:
    """Return a document with the translations of some rank."""
    lines = {line: segment_translation(result, number) for line, result in results.items()}
    return write_translated(document, lines)[0].decode()
