"""Documents and folders of them as inputs of `translate`."""

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from seq2seq.commands.counts import counted
from seq2seq.commands.line_io import file_names, standard_output
from seq2seq.commands.outputs import require_outputs
from seq2seq.commands.recalled_lines import open_memory, require_readable_memory
from seq2seq.commands.review_file import ReviewWriter, open_review, review_name
from seq2seq.config.commands import TranslateConfig
from seq2seq.documents.document import Document, FormatSettings, SegmentTranslation
from seq2seq.documents.registry import (
    MAX_DOCUMENT_BYTES,
    DocumentFormat,
    find_format,
    parse_document,
)
from seq2seq.documents.translating import DocumentReport, report_segments, translate_documents
from seq2seq.errors import ConfigError, TextError
from seq2seq.storage.files import write_bytes
from seq2seq.storage.outputs import NamedFile
from seq2seq.storage.regular import read_regular_bytes
from seq2seq.storage.visible import visible
from seq2seq.storage.writable import STANDARD

GROUP_BYTES = 2**25  # of documents that are translated together
_HIDDEN = (".", "~$")  # the second one: of files that Office has open
_LISTED = 5  # names of a kind in a message
# Options of `translate` that have a meaning for lines alone.
_OF_LINES = ("scores", "alignments", "prefix")


class DocumentFile(NamedTuple):
    """A file to translate, or to copy where it has no format."""

    source: str
    target: str
    format_name: str | None


def is_document_work(config: TranslateConfig) -> bool:
    """Return whether the inputs are documents or folders, and not lines of text.

    Raises:
        ConfigError: there is no such format, or some of the inputs are documents, others lines.
    """
    names = file_names("input", config.input)
    kinds = {Path(name).is_dir() or _find_format(name, config) is not None for name in names}
    if len(kinds) > 1:
        raise ConfigError(
            "input has documents and texts of lines: translate them one after the other, "
            "or as format=lines"
        )
    return kinds == {True}


def _find_format(name: str, config: TranslateConfig) -> DocumentFormat | None:
    return find_format(name, config.format, bool(config.document.columns))


def translate_files(config: TranslateConfig) -> None:
    """Translate documents, and folders of them, into the same documents.

    Every document is read before the model is, and before the first is written.

    Raises:
        ConfigError: an option does not go with documents, or with the others.
        TextError: a document is damaged, or an output cannot be written.
    """
    files, notes = document_files(config)
    standard = _standard_input() if any(file.source == STANDARD for file in files) else b""
    for file in files:
        if file.format_name is not None:
            _parse(file, standard, FormatSettings(config.document))
    require_readable_memory(config)
    for note in notes:
        print(visible(note), file=sys.stderr)
    from seq2seq.commands.translator_loading import (  # torch is imported here, after the checks
        load_translator_of,
        share_out,
    )
    from seq2seq.inference.documents import line_translations

    translator = load_translator_of(config)
    settings = FormatSettings(config.document, *translator.planner.languages)
    translate = line_translations(translator, config.min_confidence)
    memory = open_memory(config, *translator.planner.languages)
    report = DocumentReport()
    with (
        open_review(review_name(config), config.min_confidence, memory) as review,
        share_out(config, translator),
    ):
        for group in _groups(files):
            documents = [_parse(f, standard, settings) for f in group if f.format_name is not None]
            translations, counts = translate_documents(
                documents, translate, config.document.overwrite, memory
            )
            report.counts += counts.counts
            written = iter(zip(documents, translations, strict=True))
            for file in group:
                if file.format_name is None:
                    _write(file.target, _read(file, standard))
                else:
                    _write_translated(file, *next(written), review, len(files) > 1)
    print(report, file=sys.stderr)


def _write_translated(
    file: DocumentFile,
    document: Document,
    translations: Sequence[SegmentTranslation | None],
    review: ReviewWriter | None,
    is_reported: bool,
) -> None:
    """Write a translated document, and its rows of the review file; perhaps report about it."""
    data = _named(file, document, translations)
    if is_reported:
        name = visible(file.source)
        print(f"{name}: {report_segments(document, translations)}", file=sys.stderr)
    if review:
        for segment, translation in zip(document.segments, translations, strict=True):
            if translation is not None:
                row = review.row(file.source, segment.location, segment.text, translation)
                review.file.write(row)
    _write(file.target, data)


def document_files(config: TranslateConfig) -> tuple[list[DocumentFile], list[str]]:
    """Return the files to translate or copy, after all checks that need no model, and notes.

    Raises:
        ConfigError: an option has no value, or one that does not go with the others.
        TextError: an input does not exist, or an output cannot be written.
    """
    if config.run is None:
        raise ConfigError("no value for run: the folder of a trained model, run=runs/NAME/TIME")
    for option in _OF_LINES:
        if getattr(config, option) is not None:
            raise ConfigError(f"{option} has no meaning for documents: leave it out")
    names, outputs = file_names("input", config.input), file_names("output", config.output)
    if len(names) != len(outputs):
        raise ConfigError(
            f"{counted(len(names), 'input')} and {counted(len(outputs), 'output')}: "
            "each input needs an output"
        )
    files, notes = list[DocumentFile](), list[str]()
    for name, output in zip(names, outputs, strict=True):
        if Path(name).is_dir():
            found, more = folder_files(Path(name), output, config)
            files += found
            notes += more
        else:
            format_found = _find_format(name, config)
            files.append(DocumentFile(name, output, format_found.name if format_found else None))
    folders = any(Path(name).is_dir() for name in names)
    read = [NamedFile("input", file.source) for file in files]
    written = [NamedFile("output", file.target) for file in files]
    if (review := review_name(config)) is not None:
        written.append(NamedFile("review", review))
    if folders:
        for file in files:
            Path(file.target).parent.mkdir(parents=True, exist_ok=True)
    require_outputs(read, written, config.run)
    return files, notes


def folder_files(
    folder: Path, output: str, config: TranslateConfig
) -> tuple[list[DocumentFile], list[str]]:
    """Return the files of a folder with their outputs, and notes about what is not translated.

    Hidden files and links are left out; files of no format are copied.

    Raises:
        ConfigError: the output is no folder, or in the input; or a format is chosen for all files.
    """
    if config.format is not None:
        raise ConfigError(
            f"format={config.format}: the files of a folder have theirs by their endings"
        )
    if output == STANDARD or Path(output).is_file():
        raise ConfigError(f"output={output} must be a folder, as input={folder} is one")
    inside, outside = Path(output).resolve(), folder.resolve()
    if inside.is_relative_to(outside) or outside.is_relative_to(inside):
        raise ConfigError(f"output={output} and input={folder} must not be in one another")
    files, copied, left = list[DocumentFile](), list[str](), list[str]()
    for root, folders, names in os.walk(folder):
        folders.sort()
        for name in [*folders, *sorted(names)]:
            path = Path(root, name)
            relative = path.relative_to(folder)
            is_hidden = name.startswith(_HIDDEN)
            if is_hidden or path.is_symlink() or not (path.is_file() or path.is_dir()):
                left.append(str(relative))
                continue
            if path.is_dir():
                continue
            found = _find_format(name, config)
            if found is None:
                copied.append(str(relative))
            target = str(Path(output, relative))
            files.append(DocumentFile(str(path), target, found.name if found else None))
        folders[:] = [name for name in folders if not name.startswith(_HIDDEN)]
    notes = [
        *_note("copied, of no known format", copied),
        *_note("left out, hidden or a link", left),
    ]
    return files, notes


def _note(what: str, names: Sequence[str]) -> list[str]:
    if not names:
        return []
    more = ", ..." if len(names) > _LISTED else ""
    return [f"{counted(len(names), 'file')} {what}: {', '.join(names[:_LISTED])}{more}"]


def _groups(files: Sequence[DocumentFile]) -> Iterator[list[DocumentFile]]:
    """Yield files that are translated in one stream, which bounds the memory."""
    group, size = list[DocumentFile](), 0
    for file in files:
        group.append(file)
        size += Path(file.source).stat().st_size if file.source != STANDARD else GROUP_BYTES
        if size >= GROUP_BYTES:
            yield group
            group, size = [], 0
    if group:
        yield group


def _parse(file: DocumentFile, standard: bytes, settings: FormatSettings) -> Document:
    name = "standard input" if file.source == STANDARD else file.source
    return parse_document(_read(file, standard), str(file.format_name), settings, name)


def _read(file: DocumentFile, standard: bytes) -> bytes:
    return (
        standard
        if file.source == STANDARD
        else read_regular_bytes(Path(file.source), MAX_DOCUMENT_BYTES)
    )


def _standard_input() -> bytes:
    if sys.stdin is None:
        raise TextError("standard input is closed")
    data = sys.stdin.buffer.read(MAX_DOCUMENT_BYTES + 1)
    if len(data) > MAX_DOCUMENT_BYTES:
        raise TextError(
            f"standard input is too large: it may have {MAX_DOCUMENT_BYTES} bytes at most"
        )
    return data


def _named(
    file: DocumentFile, document: Document, made: Sequence[SegmentTranslation | None]
) -> bytes:
    """Return the bytes of a translated document; a message names the file."""
    try:
        return document.write(made)
    except TextError as error:
        raise TextError(f"{file.source}: {error}") from None


def _write(target: str, data: bytes) -> None:
    if target != STANDARD:
        write_bytes(Path(target), data)
        return
    output = standard_output()
    if sys.stdout.isatty():  # without control characters
        output.write(data.decode("utf-8", "replace"))
    else:
        sys.stdout.buffer.write(data)
    sys.stdout.flush()
