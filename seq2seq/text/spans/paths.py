"""Paths of files: `/usr/bin/x`, `./a`, `~/x`, `src/main.py`, `notes.txt`, those of Windows."""

import re
from collections.abc import Iterator

from seq2seq.text.spans.characters import WORD

_EXTENSION_LIST = (
    "txt md rst py pyc ipynb js mjs ts tsx jsx json yaml yml toml xml html htm css scss csv tsv "
    "sql pdf doc docx odt xls xlsx ods ppt pptx rtf tex bib zip gz tgz bz2 xz tar rar iso dmg deb "
    "rpm png jpg jpeg gif svg webp bmp ico tif tiff psd mp3 mp4 wav ogg flac avi mkv mov webm exe "
    "dll so sh bat cmd msi jar apk ini cfg conf log bak tmp po pot mo xliff tmx srt vtt c h cc cpp "
    "hpp java kt go rs rb php pl lua swift env lock dat bin db sqlite"
)


FILE_EXTENSIONS = frozenset(_EXTENSION_LIST.split())


_TOP_FOLDERS = "bin|boot|dev|etc|home|lib|media|mnt|opt|proc|root|run|srv|sys|tmp|usr|var"


_SEGMENT = (
    rf"(?:[{WORD}_~+@%$-]|\.{{1,3}}+(?=[{WORD}_{{])"
    r"|\{[A-Za-z0-9_]{1,40}+\}|\*{1,2}+(?=[./]))++"
)


_BACKSLASHED = rf"[{WORD}_~+@%$(){{}}-]++(?:\.++[{WORD}_~+@%$-]++)*+"


ABSOLUTE_PATH_PATTERN = re.compile(
    rf"(?<![{WORD}_./\\~)\]}}>*])(?:"
    rf"(?:\.{{1,2}}|~|\$[A-Z_]{{1,40}}+)(?:/{_SEGMENT})++/?+"
    rf"|/{_SEGMENT}(?:(?:/{_SEGMENT})++/?+|/)"
    rf"|/(?:{_TOP_FOLDERS})(?![{WORD}_./-])"
    rf"|(?:[A-Za-z]:\\|%[A-Z_]{{1,40}}+%\\|\\\\(?=[{WORD}]))"
    rf"(?:{_BACKSLASHED}(?:\x20{_BACKSLASHED}){{0,3}}+\\|{_BACKSLASHED}\\)*+(?:{_BACKSLASHED})?+"
    rf"|[A-Za-z]:/{_SEGMENT}(?:/{_SEGMENT})*+/?+)"
)


RELATIVE_PATH_PATTERN = re.compile(
    rf"(?<![{WORD}_.@/\\~-])[{WORD}_-][{WORD}_.-]*+(?:[/\\]{{1,2}}+[{WORD}_.-]++)*+"
)


def find_paths(line: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each path; a relative one needs a well-known file extension."""
    for match in ABSOLUTE_PATH_PATTERN.finditer(line):
        yield match.span()
    for match in RELATIVE_PATH_PATTERN.finditer(line):
        text = match[0].rstrip(".-")
        stem, dot, extension = text.rpartition(".")
        if dot and stem and extension in FILE_EXTENSIONS:
            yield match.start(), match.start() + len(text)
