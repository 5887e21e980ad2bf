"""Calls of functions of the page from Python, by node."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from seq2seq.web.site import SHARED_FILES, SHARED_FOLDER, WEB_FOLDER

NODE = shutil.which("node")
DRIVER = Path(__file__).parent / "run_page.mjs"
SECONDS = 120


def copy_page(folder: Path) -> None:
    """Copy the modules of the page to a folder, so that node reads them as modules."""
    for file in [*WEB_FOLDER.iterdir(), *(SHARED_FOLDER / name for name in SHARED_FILES)]:
        shutil.copyfile(file, folder / file.name)
    mark_modules(folder)


def mark_modules(folder: Path) -> None:
    """Let node read the .js files of a folder as modules, as a browser does."""
    (folder / "package.json").write_text('{"type": "module"}')


def call_page(page: Path, requests: Sequence[tuple[str, dict[str, Any]]]) -> list[Any]:
    """Return the results of functions of `run_page.mjs`; the test is skipped without node."""
    if NODE is None:
        pytest.skip("there is no node")
    request = json.dumps({"page": str(page), "requests": requests})
    ended = subprocess.run(
        [NODE, str(DRIVER)], input=request.encode(), capture_output=True, timeout=SECONDS,
        check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr.decode()
    results: list[Any] = json.loads(ended.stdout)
    return results
