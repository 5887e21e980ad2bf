"""The formats of documents: the one table that commands, help and documentation read."""

from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple, cast

from seq2seq.config.suggestions import did_you_mean
from seq2seq.documents.document import Document, FormatSettings, ParseFunction
from seq2seq.documents.recoded import RecodedDocument
from seq2seq.documents.source_text import EncodingError, SourceText
from seq2seq.errors import ConfigError, TextError

MAX_DOCUMENT_BYTES = 2**28  # of a document, 256 MiB: it is held in memory several times
LINES = "lines"  # text whose lines are translated one by one; no document


class DocumentFormat(NamedTuple):
    """A format of documents."""

    name: str  # the value of `format`
    endings: tuple[str, ...]  # of file names, with the dot, in lower case
    module: str  # in this package; its function `parse_NAME_document` is a `ParseFunction`
    description: str
    packages: tuple[str, ...] = ()  # modules of the extra `documents` that it imports
    needs_columns: bool = False  # without `document.columns`, its files are texts of lines
    is_plain: bool = False  # its files do not tell their encoding: `document.encoding` may


# A new format is a module in this package and a line here.
DOCUMENT_FORMATS = (
    DocumentFormat("text", (), "text", "Paragraphs between blank lines", is_plain=True),
    DocumentFormat("po", (".po", ".pot"), "po", "Message catalogues of GNU gettext"),
    DocumentFormat("xliff", (".xliff", ".xlf"), "xliff", "XLIFF 1.2 and 2.x"),
    DocumentFormat("android", ("strings.xml",), "android", "String resources of Android"),
    DocumentFormat("strings", (".strings",), "strings", "Localised strings of iOS and macOS"),
    DocumentFormat("xcstrings", (".xcstrings",), "xcstrings", "String catalogues of Xcode"),
    DocumentFormat("properties", (".properties",), "properties", "Properties of Java"),
    DocumentFormat(
        "yaml", (".yaml", ".yml"), "yaml", "YAML: texts of Rails and the like", is_plain=True
    ),
    DocumentFormat("tmx", (".tmx",), "tmx", "Translation memories of TMX 1.4"),
    DocumentFormat(
        "json",
        (".json", ".arb"),
        "json",
        "JSON: nested, i18next, ARB, Chrome, Home Assistant",
        is_plain=True,
    ),
    DocumentFormat(
        "csv",
        (".csv", ".tsv"),
        "csv",
        "Columns of a table: document.columns",
        needs_columns=True,
        is_plain=True,
    ),
    DocumentFormat("docx", (".docx", ".docm", ".dotx"), "ooxml", "Documents of Word"),
    DocumentFormat("pptx", (".pptx", ".pptm", ".ppsx"), "ooxml", "Presentations of PowerPoint"),
    DocumentFormat("xlsx", (".xlsx", ".xlsm"), "ooxml", "Workbooks of Excel"),
    DocumentFormat(
        "odt", (".odt", ".odp", ".ods", ".ott"), "odf", "Documents of LibreOffice, OpenDocument"
    ),
    DocumentFormat("epub", (".epub",), "epub", "Books"),
    DocumentFormat("srt", (".srt",), "srt", "Subtitles of SubRip", is_plain=True),
    DocumentFormat("vtt", (".vtt",), "vtt", "Subtitles of web pages, WebVTT", is_plain=True),
    DocumentFormat("ass", (".ass", ".ssa"), "ass", "Subtitles of SubStation Alpha", is_plain=True),
    DocumentFormat("html", (".html", ".htm", ".xhtml"), "html", "Web pages, HTML and XHTML"),
    DocumentFormat(
        "markdown",
        (".md", ".markdown"),
        "markdown",
        "Markdown, with front matter",
        packages=("markdown_it",),
        is_plain=True,
    ),
)
_BY_NAME = {each.name: each for each in DOCUMENT_FORMATS}
_BY_ENDING = {ending: each for each in DOCUMENT_FORMATS for ending in each.endings}


def find_format(
    name: str, chosen: str | None = None, has_columns: bool = True
) -> DocumentFormat | None:
    """Return the format of a file, by `chosen` or else by its ending; None for plain lines.

    Raises:
        ConfigError: there is no format `chosen`.
    """
    if chosen == LINES:
        return None
    if chosen is None:
        endings = sorted(_BY_ENDING, key=len, reverse=True)
        found = next((_BY_ENDING[each] for each in endings if _ends(name, each)), None)
        return None if found and found.needs_columns and not has_columns else found
    if chosen not in _BY_NAME:
        names = [LINES, *_BY_NAME]
        raise ConfigError(
            f"format={chosen} must be {', '.join(names)}{did_you_mean(chosen, names)}"
        )
    return _BY_NAME[chosen]


def _ends(name: str, ending: str) -> bool:
    return Path(name).name.lower().endswith(ending)


def parse_document(
    data: bytes,
    format_name: str,
    settings: FormatSettings | None = None,
    name: str = "the document",
) -> Document:
    """Parse a document.

    Args:
        data: its bytes.
        format_name: one of `DOCUMENT_FORMATS`.
        settings: options and languages.
        name: its name, for messages.

    Raises:
        ConfigError: there is no such format, a package is missing, or an encoding is given for a
            format whose files tell it.
        TextError: it is damaged or too large; the message is one line with name and place.
    """
    found = find_format("", format_name)
    if found is None:
        raise ConfigError(f"format={LINES} is no format of documents")
    if missing := [package for package in found.packages if find_spec(package) is None]:
        raise ConfigError(
            f"format={found.name} needs {', '.join(missing)}: pip install 'seq2seq[documents]'"
        )
    if len(data) > MAX_DOCUMENT_BYTES:
        most = f"a document may have {MAX_DOCUMENT_BYTES} bytes at most"
        raise TextError(f"{name} is too large: {most}")
    settings = settings or FormatSettings()
    encoding = settings.options.encoding
    if encoding and not found.is_plain:
        raise ConfigError(f"document.encoding has no meaning for {found.name}: leave it out")
    module = import_module(f"seq2seq.documents.{found.module}")
    parse = cast(ParseFunction, getattr(module, f"parse_{found.name}_document"))
    try:
        if encoding is None:
            return parse(data, settings)
        source = SourceText.decode(data, encoding)
        return RecodedDocument(data, source, parse(source.text.encode(), settings))
    except EncodingError as error:
        is_open = encoding is None and found.is_plain
        hint = ": tell its encoding, as document.encoding=cp1252" if is_open else ""
        raise TextError(f"{name}: {error}{hint}") from None
    except TextError as error:
        raise TextError(f"{name}: {error}") from None


def format_table() -> Sequence[str]:
    """Return a line for each format, for the help of commands: name, endings, description."""
    return [
        f"{each.name:<10} {' '.join(each.endings) or '-':<12} {each.description}"
        for each in DOCUMENT_FORMATS
    ]
