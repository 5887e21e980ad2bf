"""The error contract, held for every command.

Whatever a command is given, a mistake ends it with a status other than 0 and one line on stderr:
no traceback, nothing changed on disk, bounded time and bounded memory.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from seq2seq.commands import COMMANDS

FROZEN = Path(__file__).parent / "frozen_runs"
SECONDS = 60  # by which a command must have ended, however busy the machine is
MEGABYTES = 3000  # of data; torch and its libraries take most of it

NESTED = "[" * 5_000 + "]" * 5_000
# Mistakes that every command can be given.
EVERYWHERE = {
    "an unknown option": ["nonsense=1"],
    "a word that is no option": ["nonsense"],
    "an unknown flag": ["--nonsense"],
    "a value nested too deep": [f"run={NESTED}"],
    "an unbalanced list": ["run=[a"],
}
# Mistakes of commands that use a run. FOLDER has a run, a pipe and a link that points to itself.
OF_RUNS = {
    "no run": [],
    "a folder that is not there": ["run=nowhere"],
    "a file": ["run=file.txt"],
    "a pipe": ["run=pipe"],
    "a loop of links": ["run=loop"],
    "an odd name": ["run=données (1), it's #3 = {x}"],
    "escape codes": ["run=\x1b[31mred"],
}
USING_RUNS = [name for name in COMMANDS if name not in ("train", "check", "inspect", "evaluate")]
CASES = [
    *[(name, case, words) for name in COMMANDS for case, words in EVERYWHERE.items()],
    *[(name, case, words) for name in USING_RUNS for case, words in OF_RUNS.items()],
    *[
        (name, "a corpus that is not there", ["data.path=no", "data.source=en", "data.target=de"])
        for name in ("train", "check")
    ],
    ("check", "a pipe as a corpus", ["data.train=[pipe,pipe]", "data.source=en", "data.target=de"]),
    ("translate", "a pipe as an output's folder", ["run=run", "input=file.txt", "output=pipe/x"]),
    ("translate", "its own folder as an output", ["run=run", "input=file.txt", "output=."]),
    ("translate", "no output", ["run=run", "input=file.txt", "output="]),
    ("evaluate", "a folder as a result", ["run=run", "json=."]),
    ("evaluate", "a reference that is not there", ["hypothesis=file.txt", "reference=no"]),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("contract")
    shutil.copytree(FROZEN / "9491cbe" / "translation", made / "run")
    (made / "file.txt").write_text("wir sehen\n", encoding="utf-8")
    if hasattr(os, "mkfifo"):
        os.mkfifo(made / "pipe")
    (made / "loop").symlink_to("loop")
    return made


def listing(folder: Path) -> dict[str, tuple[int, int]]:
    """Size and time of each file below `folder`."""
    paths = [path for path in folder.rglob("*") if path.name != "pipe"]
    return {
        str(path.relative_to(folder)): (path.lstat().st_size, path.lstat().st_mtime_ns)
        for path in paths
        if not path.is_dir()
    }


@pytest.mark.skipif(sys.platform == "win32", reason="memory is bounded by a POSIX shell")
@pytest.mark.parametrize(("command", "case", "words"), CASES, ids=lambda value: str(value)[:40])
def test_a_mistake_ends_in_one_line_and_changes_nothing(
    folder: Path, tmp_path: Path, command: str, case: str, words: list[str]
) -> None:
    del case
    before = listing(folder)
    environment = os.environ | {"OMP_NUM_THREADS": "1", "SEQ2SEQ_CACHE": str(tmp_path)}
    limited = f'ulimit -d {MEGABYTES * 1024}; exec "$@"'
    with (tmp_path / "out").open("wb") as out, (tmp_path / "err").open("wb") as err:
        process = subprocess.run(
            ["sh", "-c", limited, "sh", sys.executable, "-m", f"seq2seq.{command}", *words],
            cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
            timeout=SECONDS, check=False,
        )  # fmt: skip

    lines = (tmp_path / "err").read_text(encoding="utf-8").splitlines()
    assert process.returncode == 1, lines
    assert len(lines) == 1, lines
    assert lines[0].startswith(f"seq2seq.{command}: ")
    assert "Traceback" not in lines[0]
    assert lines[0].isprintable()
    assert listing(folder) == before
