"""Headers of tables: first rows whose cells name their columns instead of holding text."""

import logging
import re
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from seq2seq.storage.regular import escaped, quoted
from seq2seq.text.lines import read_lines

HEADER = "header"  # option of readers: line 1 of the file is a header and is skipped
SOURCE_NAMES = frozenset({"source", "src", "original"})
TARGET_NAMES = frozenset({"target", "tgt", "trg", "translation"})
LABEL_NAMES = frozenset({"label", "labels", "class", "category", "lang", "language"})
TEXT_NAMES = frozenset({"text", "texts", "sentence", "sentences", "segment", "line", "string"})
# Names of languages in English and, where they have letters of their own, in themselves.
LANGUAGE_NAMES = """
af afrikaans
ar arabic العربية
az azerbaijani
be belarusian беларуская
bg bulgarian български
bn bengali
bs bosnian bosanski
ca catalan català
cs czech čeština
cy welsh cymraeg
da danish dansk
de german deutsch
el greek ελληνικά
en english
eo esperanto
es spanish español
et estonian eesti
eu basque euskara
fa persian farsi فارسی
fi finnish suomi
fr french français
ga irish gaeilge
gl galician galego
gu gujarati
he hebrew עברית
hi hindi
hr croatian hrvatski
hu hungarian magyar
hy armenian
id indonesian
is icelandic íslenska
it italian italiano
ja japanese 日本語
ka georgian
kk kazakh
km khmer
ko korean 한국어
ku kurdish
la latin
lt lithuanian lietuvių
lv latvian latviešu
mk macedonian македонски
mr marathi
ms malay
mt maltese
nb norwegian bokmål
ne nepali
nl dutch nederlands
nn norwegian nynorsk
no norwegian norsk
pl polish polski
ps pashto
pt portuguese português
ro romanian română
ru russian русский
si sinhala
sk slovak slovenčina
sl slovenian slovene slovenščina
so somali
sq albanian shqip
sr serbian српски srpski
sv swedish svenska
sw swahili
ta tamil
te telugu
th thai
tl tagalog filipino
tr turkish türkçe
uk ukrainian українська
ur urdu اردو
uz uzbek
vi vietnamese tiếng việt
yo yoruba
zh chinese mandarin 中文
zu zulu
"""
NAMES_OF_LANGUAGES = {line.split()[0]: line.split() for line in LANGUAGE_NAMES.split("\n") if line}
log = logging.getLogger("seq2seq.data")


def language_names(code: str) -> frozenset[str]:
    """Return the words that name the language of a code such as pt-BR, in small letters."""
    subtags = re.split(r"[-_]", code.casefold())
    return frozenset([*subtags, *NAMES_OF_LANGUAGES.get(subtags[0], [])])


def is_name(cell: str, names: frozenset[str]) -> bool:
    """Return whether a cell consists of `names` and of words for text, as in "source text"."""
    words = set(re.findall(r"[^\W_]+", cell.casefold()))
    return bool(words & names) and words <= names | TEXT_NAMES


def first_cells(file: Path, columns: Sequence[int], encoding: str | None = None) -> list[str]:
    """Return the cells of line 1 in `columns`, counted from 1; empty if it has too few."""
    cells = next((line.split("\t") for line in islice(read_lines(file, encoding), 1)), [])
    return [cells[column - 1] for column in columns] if len(cells) >= max(columns) else []


def has_header(
    file: Path,
    columns: Sequence[int],
    names: Sequence[frozenset[str]],
    encoding: str | None = None,
) -> bool:
    """Return whether line 1 of a file names its columns.

    Args:
        file: a file with tabs between columns.
        columns: numbers of columns, counted from 1.
        names: the accepted names of each of these columns.
        encoding: see `read_lines`.
    """
    cells = first_cells(file, columns, encoding)
    return bool(cells) and all(map(is_name, cells, names))


def log_header(file: Path, encoding: str | None = None) -> None:
    """Log that line 1 of a file, a header, is skipped."""
    header = next(islice(read_lines(file, encoding), 1), "")
    columns = quoted(header.replace("\t", " | "))
    log.warning("%s, line 1, is a header and is skipped: %s", escaped(str(file)), columns)
