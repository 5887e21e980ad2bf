"""The error contract, tried with every command.

A mistake ends a command with status 1 and one line on stderr: no traceback, nothing changed on
disk, within 5 seconds, in bounded memory.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from subprocess import DEVNULL
from typing import IO

import pytest

from seq2seq.commands import COMMANDS
from tests.posix import needs_posix
from tests.processes import ForkedCommand, start_command

FROZEN = Path(__file__).parent / "frozen_runs"
SECONDS = 5  # of CPU time, so that a busy machine is no failure
MAX_WAIT = 60  # seconds by which a command that waits for nothing has ended, on a busy machine
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
    "a damaged run": ["run=damaged"],
    "a loop of links": ["run=loop"],
    "an odd name": ["run=données (1), it's #3 = {x}"],
    "escape codes": ["run=\x1b[31mred"],
}
USING_RUNS = [name for name in COMMANDS if name not in ("train", "check")]
# What a command needs beside a run, so that the run is its only mistake.
NEEDED = {
    "caption": ["images=file.txt"],
    "quantize": ["output=small"],
    "export": ["output=small"],
    "translate": ["input=file.txt"],
    "score": ["source=file.txt", "target=file.txt"],
    "synthesize": ["input=file.txt", "output=new.tsv"],
    "classify": ["input=file.txt"],
    "serve": ["port=0"],
}
RUNS = {"translate": "translation", "classify": "classification"}  # frozen ones
LANGUAGES = ["data.source=en", "data.target=de"]
ABSURD = {
    "train": [*LANGUAGES, "model.encoder.size=1e12"],
    "check": [*LANGUAGES, "tokenizer.vocab_size=1e26"],
    "translate": ["run=run", "batch=1e12"],
    "evaluate": ["run=run", "bootstrap=1e9"],
    "score": ["run=run", "batch=1e12"],
    "compare": ["run=[run,other]", "bootstrap=1e9"],
    "synthesize": ["run=run", "noise.swap=1e12"],
    "quantize": ["run=run", "output=small", "run=[1e400]"],
    "export": ["run=run", "output=small", "precisions=[1e400]"],
    "generate": ["run=run", "length=-1"],
    "caption": ["run=run", "images=file.txt", "limits.max_length_extra=1e12"],
    "classify": ["run=run", "batch=nan"],
    "inspect": ["output=plots", "length=1e8"],
    "serve": ["run=run", "port=65536"],
}
SLOW = "(?:a|a|a)*[yz]"  # with each letter of `SLOW_LINE` its time is three times as long
SLOW_LINE = "a" * 60 + "!"
CASES = [
    *[(name, case, words) for name in COMMANDS for case, words in EVERYWHERE.items()],
    *[
        (name, case, [*words, *NEEDED.get(name, [])])
        for name in USING_RUNS
        for case, words in OF_RUNS.items()
    ],
    *[(name, "an absurd number", words) for name, words in ABSURD.items()],
    *[
        (name, case, [*words, *LANGUAGES])
        for name in ("train", "check")
        for case, words in {
            "a corpus that is not there": ["data.path=no"],
            "a pipe as a corpus": ["data.train=[pipe,pipe]"],
            "a table that is a pipe": ["data=tsv", "data.train=pipe"],
            "no text": ["data=tsv", "data.train=empty"],
        }.items()
    ],
    *[
        (name, "a run of another kind", ["run=run", *NEEDED.get(name, [])])
        for name in ("generate", "caption", "classify")
    ],
    *[
        (name, case, ["run=run", f"input={file}"])
        for name in ("translate", "classify")
        for case, file in {
            "no such input": "no",
            "a folder as an input": "run",
            "a device as an input": "/dev/zero",
        }.items()
    ],
    ("train", "a file as a run folder", [*LANGUAGES, "hydra.run.dir=file.txt"]),
    ("train", "a run folder that holds a run", [*LANGUAGES, "hydra.run.dir=run"]),
    ("translate", "an input that is not UTF-8", ["run=run", "input=latin", "output=new"]),
    ("compare", "a second run that is not there", ["run=[run,nowhere]"]),
    ("compare", "a run and a damaged one", ["run=[run,damaged]"]),
    ("compare", "a word that is no folder", ["nonsense/x", "run"]),
    ("quantize", "an output that exists", ["run=run", "output=run"]),
    ("export", "an output that exists", ["run=run", "output=run"]),
    ("caption", "no images", ["run=run"]),
    ("inspect", "an unknown plot", ["output=plots", "pictures=[nonsense]"]),
    ("translate", "a pipe of prefixes", ["run=run", "input=file.txt", "prefix=pipe"]),
    ("translate", "fewer prefixes", ["run=run", "input=file.txt", "prefix=empty"]),
    ("translate", "a pipe as an output's folder", ["run=run", "input=file.txt", "output=pipe/x"]),
    ("translate", "its own folder as an output", ["run=run", "input=file.txt", "output=."]),
    ("translate", "no output", ["run=run", "input=file.txt", "output="]),
    *[
        ("score", case, ["run=run", *words])
        for case, words in {
            "no target": ["source=file.txt"],
            "a source that is not there": ["source=no", "target=file.txt"],
            "a pipe as a target": ["source=file.txt", "target=pipe"],
            "fewer targets": ["source=file.txt", "target=empty"],
            "its source as an output": [*NEEDED["score"], "output=file.txt"],
            "a plain text as an output": [*NEEDED["score"], "output=new.txt"],
            "the same file for pairs": [*NEEDED["score"], "pairs=[new,new]"],
            "pairs in one file of any kind": [*NEEDED["score"], "pairs=new"],
            "a reverse run that is not there": [*NEEDED["score"], "reverse=nowhere"],
            "a reverse run of the same direction": [*NEEDED["score"], "reverse=run"],
            "a threshold of 2": [*NEEDED["score"], "threshold=2"],
        }.items()
    ],
    *[
        ("synthesize", case, ["run=run", *NEEDED["synthesize"], *words])
        for case, words in {
            "a device as an input": ["input=/dev/zero"],
            "its input as an output": ["output=[file.txt,new]"],
            "a tag of two words": ["tag='a b'"],
            "a reference for one translation": ["reference=file.txt"],
            "a round trip of the same direction": ["round_trip=run"],
            "a classifier that is none": ["classifier=run"],
        }.items()
    ],
    ("evaluate", "a folder as a result", ["run=run", "json=."]),
    ("evaluate", "a device as a reference", ["hypothesis=file.txt", "reference=/dev/zero"]),
    ("evaluate", "a device as a hypothesis", ["hypothesis=/dev/zero", "reference=file.txt"]),
    ("evaluate", "a reference that is not there", ["hypothesis=file.txt", "reference=no"]),
    *[
        (name, "an expression of exponential time", words)
        for name, words in {
            "translate": ["run=slow", "input=slow.txt", "output=new"],
            "evaluate": ["run=slow"],
            "inspect": ["run=slow", "output=plots", "pictures=[attention]"],
            "train": [
                *LANGUAGES,
                "data=tsv",
                "data.train=slow.tsv",
                f"protect.patterns=['{SLOW}']",
            ],
            "check": [
                *LANGUAGES,
                "data=tsv",
                "data.train=slow.tsv",
                f"protect.patterns=['{SLOW}']",
            ],
        }.items()
    ],
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("contract")
    shutil.copytree(FROZEN / "9491cbe" / "translation", made / "run")
    (made / "file.txt").write_text("wir sehen\n", encoding="utf-8")
    if hasattr(os, "mkfifo"):
        os.mkfifo(made / "pipe")
    (made / "loop").symlink_to("loop")
    (made / "empty").touch()
    (made / "latin").write_bytes("grün\n".encode("latin-1"))
    shutil.copytree(made / "run", made / "damaged")
    copy_with_slow_expression(made)
    (made / "damaged" / "config.yaml").write_bytes(b"model: [\xff\x00")
    return made


def copy_with_slow_expression(folder: Path) -> None:
    """Write files with `SLOW_LINE`, and a run folder with it that has `SLOW` in its options."""
    pair = {"source": SLOW_LINE, "target": SLOW_LINE}
    (folder / "slow.txt").write_text(f"{SLOW_LINE}\n", encoding="utf-8")
    (folder / "slow.tsv").write_text(f"{SLOW_LINE}\t{SLOW_LINE}\n" * 50, encoding="utf-8")
    run = Path(shutil.copytree(folder / "run", folder / "slow"))
    (run / "test.jsonl").write_text(json.dumps(pair) + "\n", encoding="utf-8")
    with (run / "config.yaml").open("a", encoding="utf-8") as file:
        file.write(f"protect: {json.dumps({'patterns': [SLOW]})}\n")


def listing(folder: Path) -> dict[str, tuple[int, int]]:
    """Return size and time of each file below `folder`, and the names of folders."""
    return {
        str(path.relative_to(folder)): (0, 0)
        if path.is_dir()
        else (path.lstat().st_size, path.lstat().st_mtime_ns)
        for path in folder.rglob("*")
    }


def cpu_seconds() -> float:
    """Return the CPU time of all processes that this one has waited for."""
    times = os.times()
    return times.children_user + times.children_system


@pytest.mark.skipif(sys.platform == "win32", reason="memory is bounded by a POSIX shell")
@needs_posix
@pytest.mark.parametrize(("command", "case", "words"), CASES, ids=lambda value: str(value)[:40])
def test_a_mistake_ends_in_one_line_and_changes_nothing(
    folder: Path, tmp_path: Path, command: str, case: str, words: list[str]
) -> None:
    del case
    before = listing(folder)
    process = start_command(
        command, *words, folder=folder, stdin=DEVNULL, megabytes=MEGABYTES,
        environment={"SEQ2SEQ_CACHE": str(tmp_path)},
    )  # fmt: skip
    assert isinstance(process, ForkedCommand)

    _, err = process.communicate(timeout=MAX_WAIT)

    require_contract(folder, err, command, process.wait(), before)
    assert process.seconds < SECONDS


# Without an end: a command that reads it all is killed at `MEGABYTES` or after `MAX_WAIT`.
ENDLESS_LINE = "import sys\nwhile True: sys.stdout.buffer.write(b'x' * 2**16)"


@pytest.mark.skipif(sys.platform == "win32", reason="memory is bounded by a POSIX shell")
@pytest.mark.parametrize("command", ["translate", "classify"])
def test_a_line_without_an_end_on_standard_input_is_refused(
    folder: Path, tmp_path: Path, command: str
) -> None:
    words = [f"run={FROZEN / '9491cbe' / RUNS[command]}", "output=new"]
    writer = subprocess.Popen(
        [sys.executable, "-c", ENDLESS_LINE], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert writer.stdout
    try:
        line = require_one_line(folder, tmp_path, command, words, writer.stdout)
    finally:
        writer.kill()
        writer.wait()
        writer.stdout.close()

    assert line.endswith("standard input, line 1, is longer than 64 MiB: is it text?")


def require_one_line(
    folder: Path, tmp_path: Path, command: str, words: list[str], stdin: IO[bytes] | int = DEVNULL
) -> str:
    """Run a command in `folder`, require that it keeps the contract, and return its line."""
    before, start = listing(folder), cpu_seconds()
    environment = os.environ | {"OMP_NUM_THREADS": "1", "SEQ2SEQ_CACHE": str(tmp_path)}
    limited = f'ulimit -d {MEGABYTES * 1024}; exec "$@"'
    process = subprocess.run(
        ["sh", "-c", limited, "sh", sys.executable, "-m", f"seq2seq.{command}", *words],
        cwd=folder, env=environment, stdin=stdin, capture_output=True, encoding="utf-8",
        timeout=MAX_WAIT, check=False,
    )  # fmt: skip

    assert cpu_seconds() - start < SECONDS
    return require_contract(folder, process.stderr, command, process.returncode, before)


def require_contract(
    folder: Path, err: str, command: str, status: int, before: dict[str, tuple[int, int]]
) -> str:
    """Require one line on stderr, status 1 and a `folder` as before, and return the line."""
    lines = err.splitlines()
    assert status == 1, lines
    assert len(lines) == 1, lines
    assert lines[0].startswith(f"seq2seq.{command}: ")
    assert "Traceback" not in lines[0]
    assert lines[0].isprintable()
    assert listing(folder) == before
    return lines[0]


def test_every_command_is_tried_with_a_run_or_a_corpus_and_an_absurd_number() -> None:
    tried = {name: {case for command, case, _ in CASES if command == name} for name in COMMANDS}

    for name, cases in tried.items():
        assert {*EVERYWHERE, "an absurd number"} < cases
        assert ("a corpus that is not there" if name in ("train", "check") else "a file") in cases
