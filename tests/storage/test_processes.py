"""Processes: which are alive, and which only have the number of one that was."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from seq2seq.storage.processes import is_alive, machine_id, start_time
from tests.posix import needs_posix

HAS_START_TIMES = os.name != "nt" and Path("/proc/self/stat").exists()


def test_this_process_is_alive() -> None:
    assert is_alive(os.getpid())
    assert is_alive(os.getpid(), start_time(os.getpid()))


@needs_posix
def test_a_process_that_has_ended_is_dead() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    assert not is_alive(process.pid)
    assert start_time(process.pid) == ""


@needs_posix
def test_a_number_that_no_process_can_have_is_dead() -> None:
    assert not is_alive(10**30)


@pytest.mark.skipif(not HAS_START_TIMES, reason="only Linux has /proc/PID/stat")
def test_a_killed_process_is_dead_before_its_parent_asks_for_its_status() -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert not is_alive(process.pid)
    process.communicate()


@pytest.mark.skipif(not HAS_START_TIMES, reason="only Linux has /proc/PID/stat")
def test_a_later_process_with_the_same_number_is_another_one() -> None:
    started = start_time(os.getpid())
    assert started.isdecimal()
    assert not is_alive(os.getpid(), str(int(started) - 1))


def test_the_machine_has_a_short_name_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    here = machine_id()
    monkeypatch.setattr("socket.gethostname", lambda: "elsewhere")
    machine_id.cache_clear()
    there = machine_id()
    machine_id.cache_clear()
    assert len(here) == len(there) == 6
    assert here != there
