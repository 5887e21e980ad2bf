"""A client of HTTP, and a server in a thread whose worker is in this process."""

import asyncio
import http.client
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from seq2seq.config.serving import ServeConfig
from seq2seq.server.engine import Engine
from seq2seq.server.messages import LineJob, LineOptions
from seq2seq.server.running import open_socket, serve_until_stopped
from seq2seq.server.worker import load_engine
from seq2seq.server.worker_process import WorkerDiedError

FROZEN = Path(__file__).resolve().parent.parent / "frozen_runs" / "9491cbe"
RUN = FROZEN / "translation_attention"  # English to German
GREEDY = {"_target_": "seq2seq.search.greedy.Greedy"}


class Answer(NamedTuple):
    """The answer of a server."""

    status: int
    headers: Mapping[str, str]  # by names in lower case
    data: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.data)


class Client:
    """Sends requests to a server."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.host = urlsplit(address).netloc

    def send(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        """Send a request; underscores in the names of headers are hyphens."""
        connection = http.client.HTTPConnection(self.host, timeout=60)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, named)
            answer = connection.getresponse()
            fields = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, fields, answer.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        return self.send("GET", path, None, **headers)

    def post(self, path: str, value: object, **headers: str) -> Answer:
        """Send JSON."""
        body = json.dumps(value).encode()
        return self.send("POST", path, body, content_type="application/json", **headers)

    def form(self, path: str, fields: Mapping[str, str] | Sequence[tuple[str, str]]) -> Answer:
        """Send a form."""
        kind = "application/x-www-form-urlencoded"
        return self.send("POST", path, urlencode(fields).encode(), content_type=kind)

    def upload(self, path: str, name: str, data: bytes, **fields: str) -> Answer:
        """Send a file."""
        border, form = "----border", "content-disposition: form-data"
        parts = [
            f'--{border}\r\n{form}; name="{key}"\r\n\r\n{value}\r\n'.encode()
            for key, value in fields.items()
        ]
        head = f'--{border}\r\n{form}; name="file"; filename="{name}"\r\n\r\n'
        body = b"".join([*parts, head.encode(), data, f"\r\n--{border}--\r\n".encode()])
        kind = f"multipart/form-data; boundary={border}"
        return self.send("POST", path, body, content_type=kind)

    def translate(self, q: object, **more: object) -> Any:
        """Return the translation of a text, English to German."""
        parameters = {"q": q, "source": "en", "target": "de", **more}
        answer = self.post("/translate", parameters)
        assert answer.status == 200, answer
        return answer.json["translatedText"]


class ThreadWorker:
    """A worker in a thread of this process, which dies when a text asks for it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.runs: Sequence[dict[str, Any]] = engine.describe()
        self._end = asyncio.Event()
        self.batches: list[list[str]] = []  # the texts of each

    @property
    def is_alive(self) -> bool:
        return not self._end.is_set()

    async def wait(self) -> None:
        await self._end.wait()

    async def translate(
        self, options: LineOptions, jobs: Sequence[LineJob], timeout: float
    ) -> list[dict[str, Any]]:
        del timeout
        self.batches.append([job.text for job in jobs])
        if any(job.text == "die" for job in jobs):
            self._end.set()
            raise WorkerDiedError
        return await asyncio.to_thread(self.engine.translate, options, jobs)

    async def close(self) -> None:
        self._end.set()

    def kill(self) -> None:
        self._end.set()


class RunningServer:
    """A server and its workers."""

    def __init__(self, config: ServeConfig) -> None:
        self.config = config
        self.workers: list[ThreadWorker] = []
        self.engine: Engine = load_engine(asdict(config))
        self.client = Client("")

    async def start_worker(self) -> ThreadWorker:
        self.workers.append(ThreadWorker(self.engine))
        return self.workers[-1]


@contextmanager
def served(config: ServeConfig) -> Iterator[RunningServer]:
    """Serve at a free port, from a thread."""
    server, ready = RunningServer(config), threading.Event()

    def announce(address: str) -> None:
        server.client = Client(address)
        ready.set()

    loop = asyncio.new_event_loop()
    with open_socket("127.0.0.1", 0) as listening:
        task = loop.create_task(
            serve_until_stopped(config, listening, announce, server.start_worker)
        )

        def run() -> None:
            try:
                loop.run_until_complete(task)
            except asyncio.CancelledError:
                pass
            finally:
                ready.set()

        thread = threading.Thread(target=run)
        thread.start()
        try:
            assert ready.wait(60)
            yield server
        finally:
            loop.call_soon_threadsafe(task.cancel)
            thread.join(60)
            loop.close()


def config_of(*runs: Path, **options: Any) -> ServeConfig:
    """Return the options of a server of runs."""
    folders = [str(run) for run in runs or (RUN,)]
    return ServeConfig(run=folders, search=GREEDY, device="cpu", reload=False, **options)
