"""Help pages within Debian packages, which are made here."""

import io
import tarfile
from pathlib import Path
from typing import Any

import pytest

from seq2seq.data.readers.debian_packages import package_files
from seq2seq.data.readers.help_pages import help_pages
from seq2seq.errors import TextError

PAGE = """<html><body><h1 id="hd1" dir="auto"><a name="x"></a>{title}</h1>
<p id="par1" class="paragraph">{click} <span class="menuitem">{menu}</span> &amp;
<em>{now}</em>.</p>
<p id="par2"><span id="s" hidden="true"><em>Mac</em></span><span id="t">{key}</span><em></em></p>
<p>{title} without an id</p></body></html>"""
ENGLISH = {"title": "Files", "click": "Click", "menu": "Open", "now": "wait", "key": "Ctrl"}
GERMAN = {"title": "Dateien", "click": "Auf", "menu": "Öffnen", "now": "warten", "key": "Strg"}


def deb(members: dict[str, bytes], compression: str = "xz") -> bytes:
    """Return a package with some files."""
    packed = io.BytesIO()
    mode: Any = f"w:{compression}"
    with tarfile.open(fileobj=packed, mode=mode) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    suffix = f".{compression}" if compression else ""
    return b"!<arch>\n" + member("debian-binary", b"2.0\n1") + member(
        f"data.tar{suffix}", packed.getvalue()
    )  # fmt: skip


def member(name: str, data: bytes) -> bytes:
    """Return a member of an ar archive: a header of 60 bytes, and an even number of bytes."""
    header = f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(data):<10}`\n".encode()
    return header + data + b"\n" * (len(data) % 2)


def write(folder: Path, language: str, texts: dict[str, str]) -> None:
    name = {"en-us": "en-US"}.get(language, language)
    page = PAGE.format(**texts).encode()
    files = {f"./usr/share/libreoffice/help/{name}/text/a.html": page, "./etc/b.html": page}
    (folder / f"libreoffice-help-{language}_7.4-1_all.deb").write_bytes(deb(files))


def test_paragraphs_are_paired_by_page_and_id_with_their_tags(tmp_path: Path) -> None:
    write(tmp_path, "en-us", ENGLISH)
    write(tmp_path, "de", GERMAN)

    corpus = help_pages(str(tmp_path), "en", "de", "MPL-2.0")

    pairs = [(pair.source, pair.target) for pair in corpus.splits["train"]]
    assert pairs == [
        ("Files", "Dateien"),
        (
            'Click <span class="menuitem">Open</span> &amp; <em>wait</em>.',
            'Auf <span class="menuitem">Öffnen</span> &amp; <em>warten</em>.',
        ),
        ("Ctrl", "Strg"),  # what is hidden is for another system
    ]
    assert set(corpus.origin) == {f"libreoffice-help-{x}_7.4-1_all.deb" for x in ("en-us", "de")}


def test_a_missing_package_is_named_with_the_command_that_fetches_it(tmp_path: Path) -> None:
    with pytest.raises(TextError, match="apt-get download libreoffice-help-de"):
        help_pages(str(tmp_path), "de", "en-us", "MPL-2.0")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\x03\x04",
        b"!<arch>\n",
        b"!<arch>\n" + member("data.tar.xz", b"none"),
        b"!<arch>\n" + member("data.tar.zst", b"none"),
        b"!<arch>\n" + member("data.tar.xz", b"").replace(b"0         `", b"9" * 10 + b"`"),
        deb({"./a.html": b"text"})[:-30],
    ],
    ids=["empty", "zip", "no member", "no xz", "zst", "huge", "cut"],
)
def test_what_is_no_package_is_one_error(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.deb").write_bytes(data)

    with pytest.raises(TextError, match=r"a\.deb"):
        list(package_files(tmp_path / "a.deb", "", ".html"))


@pytest.mark.parametrize("compression", ["", "gz", "bz2", "xz"])
def test_files_of_every_compression_are_read(tmp_path: Path, compression: str) -> None:
    (tmp_path / "a.deb").write_bytes(deb({"./x/a.html": b"1", "./y/b.html": b"2"}, compression))

    assert list(package_files(tmp_path / "a.deb", "x/", ".html")) == [("a.html", b"1")]
