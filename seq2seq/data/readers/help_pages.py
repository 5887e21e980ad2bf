"""The help pages of LibreOffice: paragraphs in many languages, with the tags of their text.

The paragraphs of a page have the same id in each language. The pages are HTML files in the Debian
packages `libreoffice-help-de` and the like.
"""

import html
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from seq2seq.data.corpus import Pair, ParallelCorpus
from seq2seq.data.readers.debian_packages import package_files
from seq2seq.data.readers.files import parallel_corpus, sha256_of_file
from seq2seq.errors import TextError

FOLDER, ENDING = "usr/share/libreoffice/help/", ".html"
BLOCKS = {"p", "h1", "h2", "h3", "h4", "h5", "h6"}
# Tags that are kept, with the attribute of each.
INLINE = {
    "a": "href",
    "span": "class",
    **dict.fromkeys(("em", "strong", "b", "i", "code", "sub", "sup", "kbd"), ""),
}


def help_pages(path: str, source: str, target: str, licence: str) -> ParallelCorpus:
    """Pair the paragraphs of help pages by page and id.

    Args:
        path: a folder with the packages of both languages, such as
            libreoffice-help-de_7.4.7-1_all.deb.
        source: language code as in the names of the packages; "en" takes en-us or en-gb.
        target: language code of the translations, likewise.
        licence: licence of the text.

    Raises:
        TextError: a package is missing, cannot be read, or there are no paragraphs in both.
    """
    packages = [find_package(Path(path), language) for language in (source, target)]
    origin = {package.name: sha256_of_file(package) for package in packages}
    pairs = list(paragraph_pairs(*packages))  # some 50,000; to parse the pages takes longest
    if not pairs:
        raise TextError(f"{path} has no paragraphs in both {source} and {target}")
    return parallel_corpus({"train": pairs}, origin, (source, target, licence))


def find_package(folder: Path, language: str) -> Path:
    """Return the package of a language: that of its very code, the newest by its name.

    Raises:
        TextError: there is none.
    """
    name = f"libreoffice-help-{language.lower()}"
    packages = [path for end in ("-*_", "_") for path in sorted(folder.glob(f"{name}{end}*.deb"))]
    if not packages:
        raise TextError(
            f"{folder} has no package of {language}: on Debian, apt-get download {name} fetches it"
        )
    return packages[-1]


def paragraph_pairs(source: Path, target: Path) -> Iterator[Pair]:
    """Yield the paragraphs of both packages that differ, in the order of the pages."""
    originals = read_pages(source)
    for page, translations in read_pages(target).items():
        for key, text in translations.items():
            original = originals.get(page, {}).get(key, "")
            if original and text and original != text:
                yield Pair(original, text, page)


def read_pages(package: Path) -> dict[str, dict[str, str]]:
    """Return the paragraphs of each page by id, by the path of the page in its language."""
    pages = {}
    for name, data in package_files(package, FOLDER, ENDING):
        language, _, page = name.partition("/")
        parser = _Paragraphs(language)
        parser.feed(data.decode("utf-8", errors="replace"))
        parser.close()
        pages[page] = parser.paragraphs
    return pages


class _Paragraphs(HTMLParser):
    """Collects the paragraphs of a page, on one line each.

    Text that is hidden, for other systems than the reader's, is left out; so are tags that mark
    places and not text.
    """

    def __init__(self, language: str) -> None:
        super().__init__(convert_charrefs=True)
        self.paragraphs: dict[str, str] = {}
        self._language = language
        self._id = ""  # of the paragraph that is open
        self._parts: list[str] = []
        self._open: list[tuple[str, str]] = []  # tags in the paragraph, and what each wrote
        self._hidden = 0  # tags that are open since a hidden one, with that

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a paragraph, or a tag in it."""
        given = dict(attrs)
        if tag in BLOCKS:
            self._id, self._parts = given.get("id") or "", []
            self._open, self._hidden = [], 0
        if not self._id or tag in BLOCKS or tag not in INLINE:
            return
        if self._hidden or "hidden" in given:
            self._hidden += 1
            return
        name = INLINE[tag]
        value = (given.get(name) or "").replace(f"{self._language}/", "", 1)
        text = ""
        if not name:
            text = f"<{tag}>"
        elif value:
            text = f'<{tag} {name}="{html.escape(value)}">'
        self._open.append((tag, text))
        self._parts.append(text)

    def handle_endtag(self, tag: str) -> None:
        """Close a tag, or the paragraph."""
        if self._id and tag in BLOCKS:
            text = " ".join("".join(self._parts).split())
            self.paragraphs.setdefault(self._id, _without_empty_tags(text))
            self._id = ""
        elif self._id and tag in INLINE and self._hidden:
            self._hidden -= 1
        elif self._id and self._open and self._open[-1][0] == tag:
            _, opening = self._open.pop()
            self._parts.append(f"</{tag}>" if opening else "")

    def handle_data(self, data: str) -> None:
        """Add text to the paragraph that is open."""
        if self._id and not self._hidden:
            self._parts.append(html.escape(data, quote=False))


def _without_empty_tags(text: str) -> str:
    """Return a paragraph without pairs of tags that enclose nothing."""
    before = None
    while before != text:
        before, text = text, re.sub(r"<(\w+)[^<>]*></\1>", "", text)
    return " ".join(text.split())
