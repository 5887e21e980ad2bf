"""Locks of folders, held by real processes."""

import errno
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from seq2seq.errors import RunError
from seq2seq.storage import locks
from seq2seq.storage.locks import lock_folder
from seq2seq.storage.processes import start_time
from tests.posix import needs_posix

HOLD = """
import sys, time
from pathlib import Path
from seq2seq.errors import RunError
from seq2seq.storage import locks
from seq2seq.storage.locks import lock_folder
if sys.argv[1] == "by name":
    locks.fcntl = locks.msvcrt = None
for line in iter(sys.stdin.readline, ""):
    start, _, folder = line.rstrip().partition(" ")
    time.sleep(max(0.0, float(start) - time.time()))
    try:
        with lock_folder(Path(folder)):
            print("held", flush=True)
            sys.stdin.readline()
        print("free", flush=True)
    except RunError as error:
        print(error, flush=True)
"""
MODES = pytest.mark.parametrize("mode", ["by the system", "by name"])


def start_holder(folder: Path, mode: str) -> "subprocess.Popen[str]":
    """Start a process that holds a folder until it gets a line, or its input ends."""
    pipe = subprocess.PIPE
    arguments = [sys.executable, "-c", HOLD, mode]
    process = subprocess.Popen(arguments, stdin=pipe, stdout=pipe, text=True)
    say(process, f"0 {folder}")
    return process


def say(process: "subprocess.Popen[str]", line: str) -> None:
    assert process.stdin is not None
    process.stdin.write(f"{line}\n")
    process.stdin.flush()


def first_line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().rstrip()


@MODES
def test_of_two_processes_that_claim_a_folder_at_once_one_has_it(tmp_path: Path, mode: str) -> None:
    pair = [start_holder(tmp_path / name, mode) for name in ("mine", "yours")]
    for process in pair:
        assert first_line(process) == "held"
        say(process, "")
        assert first_line(process) == "free"
    for attempt in range(20):
        folder = tmp_path / str(attempt)
        start = time.time() + 0.05
        for process in pair:
            say(process, f"{start} {folder}")
        lines = [first_line(process) for process in pair]
        owner = pair[lines.index("held")]
        refusal = f"{folder} is in use by another training (process {owner.pid})"
        assert sorted(lines) == sorted(["held", refusal])
        say(owner, "")
        assert first_line(owner) == "free"
        assert list(folder.iterdir()) == []
    for process in pair:
        process.communicate()


@MODES
def test_a_killed_process_holds_no_folder(tmp_path: Path, mode: str) -> None:
    if os.name == "nt" and mode == "by name":
        pytest.skip("on Windows each process counts as alive")
    killed = start_holder(tmp_path, mode)
    assert first_line(killed) == "held"
    killed.kill()
    killed.communicate()
    assert len(list(tmp_path.iterdir())) == 1  # its lock is still there
    pair = [start_holder(tmp_path, mode) for _ in range(2)]
    assert [first_line(process) for process in pair].count("held") == 1
    for process in pair:
        process.communicate()


def test_a_folder_is_held_once_even_within_a_process_and_is_free_after_the_block(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "a" / "b"
    refusal = rf"in use by another training \(process {os.getpid()}\)$"
    for _ in range(2):
        with (
            lock_folder(folder),
            pytest.raises(RunError, match=refusal),
            lock_folder(folder),
        ):
            pass
    assert list(folder.iterdir()) == []


@needs_posix
def test_who_locks_a_file_that_its_holder_has_just_removed_does_not_hold_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock_descriptor = locks._lock_descriptor
    holders: list[subprocess.Popen[str]] = []

    def lock_late(descriptor: int, path: Path) -> bool:
        """Lock the file after another process has removed it, and a third has created another."""
        if not holders:
            path.unlink()
            holders.append(start_holder(tmp_path, "by the system"))
            assert first_line(holders[0]) == "held"
        return lock_descriptor(descriptor, path)

    monkeypatch.setattr(locks, "_lock_descriptor", lock_late)
    with pytest.raises(RunError, match="in use"), lock_folder(tmp_path):
        pass
    holders[0].communicate()
    with lock_folder(tmp_path):
        pass


def test_an_exception_in_the_block_frees_the_folder(tmp_path: Path) -> None:
    with pytest.raises(KeyError), lock_folder(tmp_path):
        raise KeyError
    with lock_folder(tmp_path):
        pass


@needs_posix
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of fork in a process with threads
def test_a_worker_that_outlives_its_parent_does_not_hold_the_folder(tmp_path: Path) -> None:
    with lock_folder(tmp_path):
        child = os.fork()
        if child == 0:
            time.sleep(60)
            os._exit(0)
    try:
        with lock_folder(tmp_path):
            assert os.waitpid(child, os.WNOHANG) == (0, 0)  # the worker is still alive
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def test_where_the_file_system_has_no_locks_a_file_names_the_owner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    call = "msvcrt.locking" if os.name == "nt" else "fcntl.flock"
    monkeypatch.setattr(f"seq2seq.storage.locks.{call}", refuse)
    with lock_folder(tmp_path):
        assert (tmp_path / ".lock.owner").read_text().startswith(f"{os.getpid()} ")
        with pytest.raises(RunError, match=rf"process {os.getpid()}"), lock_folder(tmp_path):
            pass
    with lock_folder(tmp_path):
        pass


def test_an_owner_on_another_machine_counts_as_alive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "fcntl", None)
    monkeypatch.setattr(locks, "msvcrt", None)
    (tmp_path / ".lock.owner").write_text("7 elsewhere abc\n")
    with pytest.raises(RunError, match=r"\(process 7 on elsewhere\)$"), lock_folder(tmp_path):
        pass


def test_a_lock_that_is_a_link_leaves_the_file_it_leads_to_alone(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("text")
    (tmp_path / ".lock").symlink_to("precious")
    with pytest.raises(RunError, match="cannot be locked"), lock_folder(tmp_path):
        pass
    assert (tmp_path / "precious").read_text() == "text"


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match=r"file/run cannot be locked: "):
        lock_folder(tmp_path / "file" / "run").__enter__()


def test_an_owner_whose_number_a_later_process_has_got_is_dead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "fcntl", None)
    monkeypatch.setattr(locks, "msvcrt", None)
    owner, start = tmp_path / ".lock.owner", start_time(os.getpid())
    if not start or os.name == "nt":
        pytest.skip("only Linux gives start times")
    for started in ("", start):  # as an earlier version wrote it, or the owner is this process
        owner.write_text(f"{os.getpid()} {socket.gethostname()} abc {started}".rstrip() + "\n")
        with pytest.raises(RunError, match="in use"), lock_folder(tmp_path):
            pass
    owner.write_text(f"{os.getpid()} {socket.gethostname()} abc {int(start) - 1}\n")
    with lock_folder(tmp_path):
        assert owner.read_text().split()[3] == start
    assert not owner.exists()
