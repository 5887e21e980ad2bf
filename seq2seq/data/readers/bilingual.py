"""Files of localisation that have sources and targets: TMX, XLIFF, gettext's catalogues."""

from collections.abc import Iterator
from pathlib import Path

from seq2seq.data.corpus import Pair, ParallelCorpus
from seq2seq.data.readers.files import corpus_of_files, without_line_breaks
from seq2seq.documents.document import FormatSettings
from seq2seq.documents.memory import MEMORY_FORMATS, translated_pairs
from seq2seq.documents.registry import MAX_DOCUMENT_BYTES, parse_document
from seq2seq.errors import ConfigError
from seq2seq.storage.regular import read_regular_bytes


def bilingual(
    path: str,
    train: str,
    validation: str | None,
    test: str | None,
    kind: str,
    source: str,
    target: str,
    licence: str,
) -> ParallelCorpus:
    """Read files of localisation: every text that has a translation is a pair.

    Drafts, such as fuzzy messages, are left out. A text of several lines whose translation has as
    many lines is a pair for each; else line breaks become blanks.

    Raises:
        ConfigError: there is no such kind of files.
        TextError: a file is missing or damaged.
    """
    if kind not in MEMORY_FORMATS:
        raise ConfigError(f"data.kind={kind} must be {', '.join(MEMORY_FORMATS)}")
    return corpus_of_files(
        bilingual_pairs,
        {"train": train, "validation": validation, "test": test},
        path,
        lambda _: (kind, source, target),
        (source, target, licence),
    )


def bilingual_pairs(file: Path, kind: str, source: str, target: str) -> Iterator[Pair]:
    """Yield the pairs of a file.

    Raises:
        TextError: the file is damaged.
    """
    settings = FormatSettings(source_language=source, target_language=target)
    data = read_regular_bytes(file, MAX_DOCUMENT_BYTES)
    document = parse_document(data, kind, settings, str(file))
    for text, translation in translated_pairs(document):
        lines = text.strip("\n").split("\n")
        translated = translation.strip("\n").split("\n")
        if len(lines) == len(translated):
            for pair in zip(lines, translated, strict=True):
                yield Pair(without_line_breaks(pair[0]), without_line_breaks(pair[1]))
        else:
            yield Pair(without_line_breaks(text), without_line_breaks(translation))
