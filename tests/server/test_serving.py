"""The command itself: processes, signals, changed runs, and clients of every kind."""

import json
import os
import re
import shutil
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import seq2seq
from seq2seq.commands.serve import serve
from seq2seq.config.serving import AccessOptions
from seq2seq.errors import ConfigError, RunError
from seq2seq.server.directions import Directions, Route
from seq2seq.server.messages import LineOptions
from tests.posix import needs_posix
from tests.processes import DEVNULL, PIPE, Command, start_command
from tests.server.client import RUN, Client, RunningServer, config_of, served

LINES = (RUN.parent.parent / "corpus" / "test.en").read_text().splitlines()
LINE = LINES[0]


def wait_until(is_true: Callable[[], bool]) -> None:
    for _ in range(1800):
        if is_true():
            return
        time.sleep(0.05)
    pytest.fail("nothing happened within 90 seconds")


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    access = AccessOptions(max_characters=2000, receive_timeout=3.0)
    with served(config_of(RUN, access=access, batch=8)) as running:
        yield running


def test_translations_are_the_library_s_whatever_the_company(server: RunningServer) -> None:
    lines = [*LINES, *(line.lower() for line in LINES), "", "x", *(" ".join(LINES[:4]),)]
    wanted = seq2seq.load(RUN, device="cpu").translate(lines)
    before = len(server.workers[0].batches)

    with ThreadPoolExecutor(len(lines)) as clients:
        found = list(clients.map(server.client.translate, lines))
    several = server.client.translate(lines)

    assert found == wanted
    assert several == wanted
    batches = server.workers[0].batches[before:]
    assert 1 < max(map(len, batches)) <= 8  # some were translated together


def test_a_line_that_kills_a_worker_fails_alone(server: RunningServer) -> None:
    count = len(server.workers)

    with ThreadPoolExecutor(8) as clients:
        fields = {"source": "en", "target": "de"}
        answers = [
            clients.submit(server.client.post, "/translate", {"q": text, **fields})
            for text in (*LINES[:4], "die", *LINES[4:7])
        ]

    results = [answer.result() for answer in answers]
    assert [result.status for result in results] == [200] * 4 + [500] + [200] * 3
    assert results[4].json == {"error": "the text cannot be translated"}
    assert len(server.workers) == count + 2  # it was tried twice


def connect(server: RunningServer) -> socket.socket:
    host, port = server.client.host.split(":")
    return socket.create_connection((host, int(port)), timeout=30)


def test_a_client_that_sends_slowly_is_refused_and_holds_up_nobody(server: RunningServer) -> None:
    head = b"POST /translate HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
    with connect(server) as slow:
        slow.sendall(head + b"content-length: 100\r\n\r\n{")
        assert server.client.translate(LINE)
        assert slow.recv(1000).startswith(b"HTTP/1.1 408 ")


def test_a_client_that_goes_leaves_nothing_behind(server: RunningServer) -> None:
    body = b'{"q": "' + LINE.encode() + b'", "source": "en", "target": "de"}'
    head = "POST /translate HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
    for cut in (10, len(body)):
        with connect(server) as gone:
            gone.sendall(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body[:cut])

    assert server.client.translate(LINE)
    wait_until(lambda: b"seq2seq_waiting_lines 0.0" in server.client.get("/metrics").data)


def test_a_document_of_a_client_that_goes_is_not_translated(server: RunningServer) -> None:
    data = json.dumps([f"{LINE} {number}" for number in range(20_000)]).encode()
    form = b"content-disposition: form-data; name="
    body = b"".join(
        b"--b\r\n%b%b\r\n\r\n%b\r\n" % (form, name, value)
        for name, value in (
            (b'"file"; filename="a.json"', data), (b'"source"', b"en"), (b'"target"', b"de"),
        )
    ) + b"--b--\r\n"  # fmt: skip
    head = (
        "POST /translate_file HTTP/1.1\r\nhost: x\r\ncontent-type: multipart/form-data; boundary=b"
    )
    with connect(server) as gone:
        gone.sendall(f"{head}\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body)
        wait_until(lambda: waiting(server) > 0)

    start = time.monotonic()
    wait_until(lambda: waiting(server) == 0)
    assert time.monotonic() - start < 5  # all of it would take longer


def waiting(server: RunningServer) -> float:
    (found,) = re.findall(rb"(?m)^seq2seq_waiting_lines (\S+)", server.client.get("/metrics").data)
    return float(found)


@pytest.mark.parametrize(
    "data",
    [
        b"\x00\xff\xfe nonsense\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /translate HTTP/1.1\r\nhost: x\r\ncontent-length: -5\r\n\r\n",
        b"POST /translate HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
        b"POST /translate_file HTTP/1.1\r\nhost: x\r\ncontent-type: multipart/form-data; boundary=b"
        b"\r\ncontent-length: 9\r\n\r\n--b\r\n\r\n--",
    ],
)
def test_garbage_ends_its_connection_alone(data: bytes, server: RunningServer) -> None:
    with connect(server) as client:
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        answer = client.recv(1000)

    assert answer == b"" or answer.split()[1].startswith(b"4")
    assert server.client.get("/health").status == 200


def test_a_large_body_is_refused_before_it_is_read(server: RunningServer) -> None:
    size = 2**24
    with connect(server) as client:
        client.sendall(f"POST /translate HTTP/1.1\r\nhost: x\r\ncontent-length: {size}\r\n"
                       "content-type: application/json\r\n\r\n".encode())  # fmt: skip
        answer = b""
        try:
            for _ in range(size // 2**16):
                client.sendall(b" " * 2**16)
            answer = client.recv(1000)
        except (BrokenPipeError, ConnectionResetError):  # it has closed the connection
            return

    assert answer.startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"run": None}, "no value for run"),
        ({"run": "nowhere"}, "nowhere is no run folder: it has no config.yaml"),
        ({"port": 1, "host": "192.0.2.1"}, "host=192.0.2.1 port=1: "),
        (
            {"suggestions": "nowhere/kept.tmx", "port": 0},
            "suggestions=nowhere/kept.tmx cannot be written: ",
        ),
    ],
)
def test_a_mistake_is_one_line_before_a_worker_starts(
    options: dict[str, Any], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    config = config_of()
    for name, value in options.items():
        setattr(config, name, value)

    with pytest.raises((ConfigError, RunError)) as error:
        serve(config, tmp_path)
    assert str(error.value).startswith(message)


def test_a_missing_package_is_named_with_its_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seq2seq.commands.serve.find_spec", lambda _: None)

    with pytest.raises(ConfigError) as error:
        serve(config_of(), tmp_path)
    assert str(error.value).endswith(": pip install 'seq2seq[serve]'")


class ServedProcess:
    """The command in a process of its own."""

    def __init__(self, process: Command) -> None:
        self.process = process
        self.lines: list[str] = []  # of standard error
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        wait_until(lambda: bool(self.lines))
        self.client = Client(self.lines[0].removeprefix("serving at ").strip())

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line)

    def worker(self) -> int:
        """Return the number of the worker process."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return int(children.split()[-1])

    def end(self) -> int:
        status = self.process.wait(60)
        self._reader.join()
        assert self.process.stderr is not None
        self.process.stderr.close()
        return status


@needs_posix
@pytest.mark.slow
def test_a_process_replaces_dead_workers_and_changed_runs_and_ends_when_it_has_answered(
    tmp_path: Path,
) -> None:
    run = tmp_path / "run"
    shutil.copytree(RUN, run)
    words = [f"run={run}", "port=0", "device=cpu"]
    process = start_command("serve", *words, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE)
    served_process = ServedProcess(process)
    client = served_process.client
    before = client.translate(LINE)

    os.kill(served_process.worker(), signal.SIGKILL)
    assert client.translate(LINE) == before  # by another worker

    first = served_process.worker()
    other = RUN.parent / "translation"
    stop, failures = threading.Event(), []

    def ask() -> None:
        while not stop.is_set():
            answer = client.post("/translate", {"q": LINE, "source": "en", "target": "de"})
            if answer.status != 200:
                failures.append(answer)

    asking = threading.Thread(target=ask)
    asking.start()
    for file in run.iterdir():
        file.unlink()
    for file in other.iterdir():
        shutil.copy(file, run)
    (wanted,) = seq2seq.load(other, device="cpu").translate([LINE])
    wait_until(lambda: client.translate(LINE) == wanted)
    assert served_process.worker() != first
    stop.set()
    asking.join()
    assert failures == []

    with ThreadPoolExecutor(2) as clients:
        long = clients.submit(client.translate, LINES * 80)
        wait_until(lambda: b"seq2seq_waiting_lines 0.0" not in client.get("/metrics").data)
        process.send_signal(signal.SIGTERM)
        assert len(long.result()) == len(LINES) * 80
    assert served_process.end() == 0
    assert not any(LINE[:10] in line for line in served_process.lines)


def test_two_runs_of_one_direction_are_refused() -> None:
    runs = [{"folder": name, "directions": [("en", "de")]} for name in ("a", "b")]

    with pytest.raises(ConfigError, match="both from en to de: each direction can have one"):
        Directions(runs)


def test_a_run_of_several_languages_serves_each_of_its_directions() -> None:
    pairs = [("en", "de"), ("de", "en"), ("fr", "en")]
    runs = [{"folder": "a", "directions": pairs}, {"folder": "b", "directions": [("de", "ja")]}]

    directions = Directions(runs)

    assert directions.route("fr", "en") == Route((0,), None, (("fr", "en"),))
    assert directions.route("fr", "de") == Route((0, 0), "en", (("fr", "en"), ("en", "de")))
    assert directions.route("en", "ja") == Route((0, 1), "de", (("en", "de"), None))
    assert directions.route("fr", "ja") is None


def test_options_of_lines_are_the_same_behind_json() -> None:
    for direction in (None, ("en", "de")):
        options = LineOptions(1, 3, True, False, True, direction, (("a", "b"), ("c", "d")))

        assert LineOptions.of(json.loads(json.dumps(options))) == options
