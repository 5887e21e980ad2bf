"""Lines labelled with their language, from the catalogues of a Python package."""

import hashlib
import logging
import zipfile
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

from seq2seq.data.corpus import SPLITS, LabelledCorpus, Pair, Repeatable
from seq2seq.data.readers.catalogues import matching_files, pinned_wheel, read_messages
from seq2seq.data.readers.labelled import split_of_key
from seq2seq.errors import TextError

log = logging.getLogger("seq2seq.data")


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
    messages = LabelledMessages(wheel, tuple(files), tuple(codes), most)
    splits = {name: Repeatable(messages.of_split, name) for name in SPLITS}
    label = f"{wheel.name} {' '.join(files)} {' '.join(codes)} {most}"
    return LabelledCorpus(splits, licence, {label: digest})


class LabelledMessages:
    """The messages of a wheel in all languages, by split. They are parsed once, at the first use.

    All of them are in memory, since parsing takes seconds, and preparation reads each split
    several times.
    """

    def __init__(
        self, wheel: Path, files: tuple[str, ...], codes: tuple[str, ...], most: int
    ) -> None:
        """See `languages` for the arguments."""
        self.wheel, self.files, self.codes, self.most = wheel, files, codes, most

    def of_split(self, split: str) -> Iterator[Pair]:
        """Yield the messages of a split, language after language.

        Raises:
            TextError: the wheel cannot be read, or lacks a language.
        """
        yield from self._pairs[split]

    @cached_property
    def _pairs(self) -> dict[str, list[Pair]]:
        """The messages of each split.

        Raises:
            TextError: the wheel cannot be read, or lacks a language.
        """
        log.info("reading messages in %d languages from %s", len(self.codes), self.wheel.name)
        pairs: dict[str, list[Pair]] = {name: [] for name in SPLITS}
        originals: dict[str, str] = {}
        for code, messages in self._messages_by_language():
            if not messages:
                raise TextError(f"{self.wheel.name} has no messages in {code}")
            originals = originals or messages
            translated = {
                key: text
                for key, text in messages.items()
                if code == self.codes[0] or originals.get(key, text) != text
            }
            for text, split in splits_of_texts(translated, self.most).items():
                pairs[split].append(Pair(text, code))
        return pairs

    def _messages_by_language(self) -> Iterator[tuple[str, dict[str, str]]]:
        """Yield each language with all its messages by their keys.

        Raises:
            TextError: the wheel cannot be read.
        """
        try:
            with zipfile.ZipFile(self.wheel) as archive:
                names = sorted(archive.namelist())
                for code in self.codes:
                    yield code, messages_of_language(archive, names, self.files, code)
        except (OSError, zipfile.BadZipFile, ValueError) as error:
            raise TextError(f"{self.wheel} cannot be read: {error}") from error


def splits_of_texts(messages: Mapping[str, str], most: int) -> dict[str, str]:
    """Return the split of each of the texts of `most` messages, which are in the order of hashes.

    Several messages may share a text: it is in training if one of them is.
    """
    ranked = sorted(messages, key=lambda key: hashlib.sha256(key.encode()).digest()[4:])
    splits: dict[str, str] = {}
    for key in ranked[:most]:
        text = " ".join(messages[key].split())
        split = split_of_key(key, ("validation", "test"))
        if text and (text not in splits or split == "train"):
            splits[text] = split
    return splits


def messages_of_language(
    archive: zipfile.ZipFile, names: list[str], files: tuple[str, ...], code: str
) -> dict[str, str]:
    """Return all messages of a language by their keys.

    Args:
        archive: the wheel.
        names: the sorted names of its files.
        files: patterns of the catalogues' names.
        code: the language.
    """
    messages: dict[str, str] = {}
    for pattern in files:
        for wildcards, name in matching_files(names, pattern, code).items():
            for key, text in read_messages(archive, name).items():
                messages["/".join((*wildcards, key))] = text
    return messages
