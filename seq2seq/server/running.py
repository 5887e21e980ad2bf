"""A server from its start to its end: workers, socket, signals."""

import asyncio
import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn

from seq2seq.config.lists import as_list
from seq2seq.config.serving import ServeConfig
from seq2seq.errors import ConfigError, RunError
from seq2seq.server.access import AccessControl
from seq2seq.server.app import create_app
from seq2seq.server.batching import LineQueue
from seq2seq.server.detection import language_identifier
from seq2seq.server.directions import Directions
from seq2seq.server.files import TranslatedFiles
from seq2seq.server.metrics import ServerMetrics
from seq2seq.server.pool import StartWorker, WorkerPool
from seq2seq.server.protocol import ImpatientProtocol
from seq2seq.server.service import TranslationService
from seq2seq.server.state import ServerState
from seq2seq.server.suggestions import Suggestions
from seq2seq.server.watching import watch
from seq2seq.server.worker_process import WorkerDiedError, WorkerProcess

log = logging.getLogger("seq2seq.serve")

SIGNALS = ("SIGINT", "SIGTERM", "SIGBREAK")
KEEP_ALIVE = 30  # seconds that an idle connection stays
GRACE = 5  # seconds beside those that a request may take, for the last answers


class SignalledServer(uvicorn.Server):
    """A server whose end is a success: what was begun is answered first."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End at a signal; at a second one, without the answers."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        numbers = [getattr(signal, name) for name in SIGNALS if hasattr(signal, name)]
        numbers = [each for each in numbers if signal.getsignal(each) != signal.SIG_IGN]
        before = {number: signal.signal(number, self.handle_exit) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def open_socket(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises:
        ConfigError: the address is none of this machine, or the port is taken.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        family, kind, protocol, _, address = found[0]
        opened = socket.socket(family, kind, protocol)
    except OSError as error:
        raise ConfigError(f"host={host}: {error.strerror or error}") from None
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind(address)
        opened.listen(2048)
    except OSError as error:
        opened.close()
        raise ConfigError(f"host={host} port={port}: {error.strerror or error}") from None
    return opened


def run_server(config: ServeConfig, announce: Callable[[str], None]) -> None:
    """Serve until a signal.

    Args:
        config: of the server.
        announce: called with a line about the address, when the server is ready.

    Raises:
        ConfigError: an option cannot work.
        RunError: a worker process cannot start.
        TextError: a file of keys cannot be read.
    """
    listening = open_socket(config.host, config.port)
    try:
        asyncio.run(serve_until_stopped(config, listening, announce))
    finally:
        listening.close()


async def serve_until_stopped(
    config: ServeConfig,
    listening: socket.socket,
    announce: Callable[[str], None],
    start_worker: StartWorker | None = None,
) -> None:
    """Serve at a socket until a signal, or until the task is cancelled.

    Args:
        config: of the server.
        listening: the socket.
        announce: called with the address, when the server is ready.
        start_worker: returns a worker; a process of its own if left out.

    Raises:
        ConfigError: an option cannot work.
        RunError: a worker process cannot start.
        TextError: a file of keys cannot be read.
    """
    access = AccessControl(config.access)
    suggestions = Suggestions(Path(config.suggestions)) if config.suggestions else None
    metrics, queue = ServerMetrics(), LineQueue()
    # Several processes share the cores.
    threads = max(1, (os.cpu_count() or 1) // config.workers) if config.workers > 1 else 0
    start = start_worker or partial(WorkerProcess.start, asdict(config), threads)
    longest = 2 * config.access.timeout
    pool = WorkerPool(start, queue, metrics, config.workers, config.batch, longest)
    watcher = None
    try:
        if config.detector is None:
            await asyncio.gather(pool.start(), asyncio.to_thread(language_identifier))
        else:
            await pool.start()
        Directions(pool.runs)  # two runs of one direction are refused here
        require_fits(config, pool.runs)
        service = TranslationService(config, queue, pool, metrics)
        files = TranslatedFiles(service, config.access)
        state = ServerState(config, service, pool, access, metrics, files, suggestions)
        if config.reload:
            watcher = asyncio.create_task(watch(pool, access, run_folders(config)))
        host, port = listening.getsockname()[:2]
        announce(f"http://{f'[{host}]' if ':' in host else host}:{port}")
        await serve_http(http_server(state), listening)
    except WorkerDiedError:
        raise RunError("a worker process ended before it had loaded the runs") from None
    finally:
        if watcher is not None:
            watcher.cancel()
        await pool.close()


def require_fits(config: ServeConfig, runs: Sequence[Mapping[str, Any]]) -> None:
    """Require that all runs know how sure they are, if there is a least confidence.

    Raises:
        ConfigError: one of them does not.
    """
    for run in runs if config.min_confidence is not None else ():
        if not run["has_confidence"]:
            raise ConfigError(
                f"min_confidence={config.min_confidence} cannot be used, for {run['folder']} has "
                "no fit of confidence: python -m seq2seq.evaluate run=RUN fit_confidence=true"
            )


async def serve_http(server: SignalledServer, listening: socket.socket) -> None:
    """Serve HTTP until a signal; a cancelled task closes its connections at once."""
    try:
        await server.serve([listening])
    except asyncio.CancelledError:
        server.force_exit = True
        await server.shutdown([listening])
        raise


def run_folders(config: ServeConfig) -> list[Path]:
    """Return all folders that a server reads."""
    return [Path(run) for run in (*as_list(config.run), *as_list(config.detector))]


def http_server(state: ServerState) -> SignalledServer:
    """Return the server that speaks HTTP."""
    access = state.access.options
    for name in ("uvicorn.error", "python_multipart"):  # which warn of every request of garbage
        logging.getLogger(name).setLevel(logging.ERROR)
    return SignalledServer(
        uvicorn.Config(
            create_app(state), http=ImpatientProtocol, loop="asyncio", lifespan="off",
            log_config=None, access_log=False, server_header=False, timeout_keep_alive=KEEP_ALIVE,
            limit_concurrency=access.max_connections,
            timeout_graceful_shutdown=int(access.timeout) + GRACE,
        )
    )  # fmt: skip
