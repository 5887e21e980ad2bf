"""ONNX Runtime Web, of which a page has a copy: it loads nothing from another host.

npm downloads the package from the registry of the user's settings. Its version and SHA-512 are
pinned, and nothing in it is installed or run.
"""

import shutil
import subprocess
import sys
import tarfile
import tempfile
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha512
from io import BytesIO
from pathlib import Path

from seq2seq.data.cache import cache_folder
from seq2seq.errors import ConfigError, TextError
from seq2seq.storage.files import write_bytes

PACKAGE = "onnxruntime-web@1.30.0"
ARCHIVE = "onnxruntime-web-1.30.0.tgz"  # the name that npm gives the package's file
# As npm has it in the field `integrity` of a package: SHA-512 in base64.
INTEGRITY = (
    "q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ=="
)
# Files of a page and what they are called in the package; package.json tells version and licence.
RUNTIME_FILES = {
    "ort.wasm.min.mjs": "package/dist/ort.wasm.min.mjs",
    "ort-wasm-simd-threaded.mjs": "package/dist/ort-wasm-simd-threaded.mjs",
    "ort-wasm-simd-threaded.wasm": "package/dist/ort-wasm-simd-threaded.wasm",
    "package.json": "package/package.json",
}
MAX_ARCHIVE_BYTES = 2**27
NPM_SECONDS = 600


def read_runtime(path: str | None) -> Mapping[str, bytes]:
    """Return the files of ONNX Runtime Web by their names on a page.

    Args:
        path: the package's file as `npm pack` writes it; None: npm fetches it once.

    Raises:
        TextError: the file cannot be read.
        ConfigError: it is not the pinned one, or npm is missing or cannot fetch it.
    """
    if path is not None:
        return unpack_runtime(_archive_bytes(Path(path)), f"runtime={path}")
    cached = cache_folder() / "npm" / ARCHIVE
    if not cached.exists():
        data = _fetch()
        files = unpack_runtime(data, f"what npm fetched as {PACKAGE}")
        cached.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(cached, data)
        return files
    return unpack_runtime(_archive_bytes(cached), str(cached))


def unpack_runtime(data: bytes, name: str) -> Mapping[str, bytes]:
    """Return the files in the bytes of the package; raises as `read_runtime`."""
    if b64encode(sha512(data).digest()).decode() != INTEGRITY:
        raise ConfigError(
            f"{name} has another SHA-512 than {PACKAGE} on npm's registry: it is not the pinned one"
        )
    files = {}
    with tarfile.open(fileobj=BytesIO(data)) as archive:
        for file, member in RUNTIME_FILES.items():
            stream = archive.extractfile(member)
            assert stream is not None  # the pinned archive has it
            files[file] = stream.read()
    return files


def _archive_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_ARCHIVE_BYTES)
    except OSError as error:
        raise TextError(f"{path} cannot be read: {error.strerror or error}") from error


def _fetch() -> bytes:
    """Return the package's file, which npm downloads."""
    npm = shutil.which("npm")
    advice = f"where there is npm, type npm pack {PACKAGE}, and give the file as runtime={ARCHIVE}"
    if npm is None:
        raise ConfigError(
            f"a page needs ONNX Runtime Web, and there is no npm to fetch it: {advice}"
        )
    print(f"fetching {PACKAGE} with npm, once", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory() as folder:
        command = [npm, "pack", PACKAGE, "--pack-destination", folder]
        try:
            made = subprocess.run(
                command, cwd=folder, capture_output=True, text=True, check=False,
                timeout=NPM_SECONDS,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ConfigError(f"npm cannot fetch {PACKAGE} ({error}): {advice}") from error
        if made.returncode or not (Path(folder) / ARCHIVE).exists():
            lines = [line for line in made.stderr.splitlines() if "ERR" in line or "error" in line]
            reason = (lines or made.stderr.splitlines() or ["no message"])[0]
            raise ConfigError(f"npm cannot fetch {PACKAGE} ({reason[:200]}): {advice}")
        return _archive_bytes(Path(folder) / ARCHIVE)
