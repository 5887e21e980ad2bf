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
    """Read the messages of a package's catalogues, each labelled with its language.

    All translations of a message are in one split, chosen by the hash of its key. Translations that
    equal the text in the first language, as names often do, are dropped. A text in validation or
    test is dropped too if another message has the same text in training.

    Args:
        package: see the reader `catalogues`, as for `version`, `sha256`, `files` and `path`.
        version: the pinned version.
        sha256: SHA-256 of the wheel.
        files: patterns of the catalogues' names, with {lang} in them.
        path: a wheel on disk, instead of a download.
        codes: language codes, as in the catalogues' names; the first is the original language.
        most: maximum number of messages per language; those with the smallest key hashes are kept.
        licence: licence of the text.

    Raises:
        TextError: the wheel cannot be read or downloaded; later, when it is read: it lacks a
            language.
    """
    wheel, digest = pinned_wheel(package, version, sha256, path)
    splits = {
        name: Repeatable(messages_of_split, wheel, tuple(files), tuple(codes), most, name)
        for name in ("train", "validation", "test")
    }
    label = f"{wheel.name} {' '.join(files)} {' '.join(codes)} {most}"
    return LabelledCorpus(splits, licence, {label: digest})


def messages_of_split(
    wheel: Path, files: tuple[str, ...], codes: tuple[str, ...], most: int, split: str
) -> Iterator[Pair]:
    """Yield the messages of a split, language after language.

    Raises:
        TextError: the wheel cannot be read, or lacks a language.
    """
    originals: dict[str, str] = {}
    for code in codes:
        messages = messages_of_language(wheel, files, code)
        if not messages:
            raise TextError(f"{wheel.name} has no messages in {code}")
        originals = originals or messages
        translated = {
            key: text
            for key, text in messages.items()
            if code == codes[0] or originals.get(key, text) != text
        }
        ranked = sorted(translated, key=lambda key: hashlib.sha256(key.encode()).digest()[4:])
        homes: dict[str, str] = {}  # the split of each text; several messages may share a text
        for key in ranked[:most]:
            text = " ".join(translated[key].split())
            home = split_of_key(key, ("validation", "test"))
            if text and (text not in homes or home == "train"):
                homes[text] = home
        yield from (Pair(text, code) for text, home in homes.items() if home == split)


def messages_of_language(wheel: Path, files: tuple[str, ...], code: str) -> dict[str, str]:
    """Return all messages of a language by their keys.

    Raises:
        TextError: the wheel cannot be read.
    """
    messages: dict[str, str] = {}
    try:
        with zipfile.ZipFile(wheel) as archive:
            names = sorted(archive.namelist())
            for pattern in files:
                for wildcards, name in matching_files(names, pattern, code).items():
                    for key, text in read_messages(archive, name).items():
                        messages["/".join((*wildcards, key))] = text
    except (OSError, zipfile.BadZipFile, ValueError) as error:
        raise TextError(f"{wheel} cannot be read: {error}") from error
    return messages
