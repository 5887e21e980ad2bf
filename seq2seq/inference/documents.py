"""Translation of documents with a translator: files of the formats of `seq2seq.documents`."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from seq2seq.config.documents import DocumentOptions
from seq2seq.documents.document import FormatSettings, SegmentTranslation
from seq2seq.documents.memory import TranslationMemory
from seq2seq.documents.registry import MAX_DOCUMENT_BYTES, find_format, parse_document
from seq2seq.documents.translating import DocumentReport, TranslateLines, translate_documents
from seq2seq.errors import ConfigError
from seq2seq.storage.files import write_bytes
from seq2seq.storage.regular import read_regular_bytes

if TYPE_CHECKING:
    from seq2seq.inference.translator import Translator


def line_translations(
    translator: "Translator", min_confidence: float | None = None
) -> TranslateLines:
    """Return the function that translates lines of segments with `translator`.

    Args:
        translator: of a run folder.
        min_confidence: the least confidence of a line that is sure; None: all are.

    Raises:
        ConfigError: there is a least confidence, and the run has no fit of it.
    """
    from seq2seq.inference.confidence import require_fit  # torch is imported here
    from seq2seq.inference.document_translator import DocumentTranslator

    require_fit(translator.fit, min_confidence)

    # Equal segments are translated once, and segments are of several files: none follows another.
    is_carrying = isinstance(translator, DocumentTranslator)

    def translate(lines: Sequence[str]) -> Iterator[SegmentTranslation]:
        given = [part for line in lines for part in (line, "")] if is_carrying else lines
        found = translator.hypotheses(given, scored=min_confidence is not None)
        for best, *_ in islice(found, 0, None, 2 if is_carrying else 1):
            is_sure = min_confidence is None or (best.confidence or 0.0) >= min_confidence
            yield SegmentTranslation(best.text, is_sure, best.confidence, best.repaired)

    return translate


def translate_document(
    translator: "Translator",
    source: str | Path,
    target: str | Path,
    format_name: str | None = None,
    options: DocumentOptions | None = None,
    min_confidence: float | None = None,
    memory: TranslationMemory | None = None,
) -> DocumentReport:
    """Translate the file `source` into the file `target`.

    Args:
        translator: of a run folder.
        source: a document.
        target: where it is written, when it is complete.
        format_name: its format; by the ending of `source` if left out.
        options: which texts are translated.
        min_confidence: translations below it are marked where the format has a mark for them, and
            counted.
        memory: translations that are taken over, of `read_memory`.

    Returns:
        What became of its segments.

    Raises:
        ConfigError: no format has this name or ending, or the run has no fit of confidence.
        TextError: the document is damaged, or cannot be read or written.
    """
    translate = line_translations(translator, min_confidence)
    found = find_format(str(source), format_name)
    if found is None:
        raise ConfigError(f"{source} has no ending of a format: name the format")
    settings = FormatSettings(options or DocumentOptions(), *translator.planner.languages)
    data = read_regular_bytes(Path(source), MAX_DOCUMENT_BYTES)
    document = parse_document(data, found.name, settings, str(source))
    (translations,), report = translate_documents(
        [document], translate, settings.options.overwrite, memory
    )
    write_bytes(Path(target), document.write(translations))
    return report
