"""Message catalogues in a Python wheel."""

import hashlib
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from seq2seq.data.corpus import ParallelCorpus
from seq2seq.data.readers.catalogues import catalogues, download_wheel
from seq2seq.errors import TextError

# A small wheel with .mo catalogues, pinned like the one of the recipes.
HUMANIZE = {
    "package": "humanize",
    "version": "4.9.0",
    "sha256": "ce284a76d5b1377fd8836733b983bfb0b76f1aa1c090de2566fcf008d7f6ab16",
}


def wheel(folder: Path, **files: Any) -> Path:
    """Write a wheel that must not be run, with `files`: text, or objects to write as JSON."""
    path = folder / "toy-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("toy/__init__.py", "raise SystemExit('a catalogue was executed')")
        for name, text in files.items():
            archive.writestr(name, text if isinstance(text, str) else json.dumps(text))
    return path


def read(path: Path | None, *files: str, source: str = "en", target: str = "de") -> ParallelCorpus:
    return catalogues(
        package="toy", version="1.0", sha256="0" * 64, files=list(files),
        path=None if path is None else str(path), source=source, target=target, licence="our own",
    )  # fmt: skip


def rows(corpus: ParallelCorpus) -> list[tuple[str, str]]:
    return [(pair.source, pair.target) for pair in corpus.splits["train"]]


def test_json_catalogues_are_paired_by_key(tmp_path: Path) -> None:
    path = wheel(tmp_path, **{
        "toy/lights/translations/en.json":
            {"on": "Turn on", "state": {"off": "Off", "same": "OK", "extra": "English only"}},
        "toy/lights/translations/de.json":
            {"state": {"same": "OK", "off": "Aus", "other": "Nur deutsch"}, "on": "Ein\n schalten"},
        "toy/doors/translations/en.json": {"on": "Open"},
        "toy/doors/translations/de.json": {"on": "Offen", "count": 3},
        "toy/alone/translations/de.json": {"on": "Ohne Vorbild"},
    })  # fmt: skip

    corpus = read(path, "toy/*/translations/{lang}.json")

    assert rows(corpus) == [("Open", "Offen"), ("Turn on", "Ein schalten"), ("Off", "Aus")]
    assert "toy" not in sys.modules


def test_a_message_with_half_a_surrogate_pair_is_dropped(tmp_path: Path) -> None:
    path = wheel(tmp_path, **{
        "toy/en.json": {"a": "one", "b": "two", "c\ud800": "three", "d": "four"},
        "toy/de.json": {"a": "eins", "b": "zwei\ud800", "c\ud800": "drei", "d": "vier"},
        "toy/de.po": 'msgid "five"\nmsgstr "\\ud800"\n\nmsgid "six"\nmsgstr "sechs"\n',
    })  # fmt: skip

    assert rows(read(path, "toy/{lang}.json", "toy/{lang}.po")) == [
        ("one", "eins"), ("four", "vier"), ("six", "sechs"),
    ]  # fmt: skip


def test_a_po_catalogue_without_one_of_the_source_language_has_it_as_its_keys(
    tmp_path: Path,
) -> None:
    path = wheel(tmp_path, **{
        "toy/locale/pt_BR/LC_MESSAGES/toy.po":
            'msgctxt "door"\nmsgid "Open"\nmsgstr "Aberta"\n\nmsgid "Shut"\nmsgstr "Fechada"\n',
    })  # fmt: skip

    corpus = read(path, "toy/locale/{lang}/LC_MESSAGES/*.po", target="pt-BR")

    assert rows(corpus) == [("Open", "Aberta"), ("Shut", "Fechada")]


def test_two_po_catalogues_are_paired_by_their_keys(tmp_path: Path) -> None:
    path = wheel(tmp_path, **{
        "toy/fr.po": 'msgid "door.open"\nmsgstr "Ouverte"\n',
        "toy/de.po": 'msgid "door.open"\nmsgstr "Offen"\n\nmsgid "door.shut"\nmsgstr "Zu"\n',
    })  # fmt: skip

    assert rows(read(path, "toy/{lang}.po", source="fr")) == [("Ouverte", "Offen")]


def test_a_wheel_without_the_language_and_a_file_that_is_no_wheel_are_reported(
    tmp_path: Path,
) -> None:
    path = wheel(tmp_path, **{"toy/en.json": {"a": "b"}})
    with pytest.raises(TextError, match="no messages in both en and de"):
        read(path, "toy/{lang}.json")

    path.write_bytes(b"no zip")
    with pytest.raises(TextError, match="cannot be read"):
        read(path, "toy/{lang}.json")


def test_a_wheel_that_is_not_the_pinned_one_is_refused_and_removed(cache: Path) -> None:
    kept = cache / "wheels" / ("0" * 16)
    kept.mkdir(parents=True)
    cached = wheel(kept, **{"toy/en.json": {"a": "b"}, "toy/de.json": {"a": "c"}})
    digest = hashlib.sha256(cached.read_bytes()).hexdigest()

    with pytest.raises(TextError, match=f"SHA-256 {digest}, not 0000"):
        read(None, "toy/{lang}.json")
    assert not cached.exists()  # the next time it is downloaded again


@pytest.mark.network
def test_a_wheel_is_downloaded_once_by_pip(cache: Path) -> None:
    probe = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "--dest", str(cache)]
    if subprocess.run([*probe, "iniconfig==2.0.0"], capture_output=True).returncode:
        pytest.skip("no package index can be reached")

    path = download_wheel(**HUMANIZE)

    assert path.parent == cache / "wheels" / HUMANIZE["sha256"][:16]
    corpus = catalogues(
        **HUMANIZE, files=["humanize/locale/{lang}/LC_MESSAGES/*.mo"], path=None,
        source="en", target="de_DE", licence="MIT",
    )  # fmt: skip
    assert ("yesterday", "gestern") in rows(corpus)


def test_a_package_that_pip_cannot_download_is_reported_in_one_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")

    with pytest.raises(
        TextError, match=r"pip cannot download toy==1\.0.*data\.path=WHEEL"
    ) as caught:
        read(None, "toy/{lang}.json")
    assert "\n" not in str(caught.value)
