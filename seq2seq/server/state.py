"""The parts of a server that its endpoints share."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from starlette.requests import Request

from seq2seq.config.serving import ServeConfig
from seq2seq.server.access import AccessControl, key_of
from seq2seq.server.files import TranslatedFiles
from seq2seq.server.metrics import ServerMetrics
from seq2seq.server.parameters import read_parameters
from seq2seq.server.pool import WorkerPool
from seq2seq.server.refusals import RefusalError
from seq2seq.server.service import TranslationService
from seq2seq.server.suggestions import Suggestions

T = TypeVar("T")


@dataclass
class ServerState:
    """The parts of a server."""

    config: ServeConfig
    service: TranslationService
    pool: WorkerPool
    access: AccessControl
    metrics: ServerMetrics
    files: TranslatedFiles
    suggestions: Suggestions | None


def state_of(request: Request) -> ServerState:
    """Return the parts of the server that has the request."""
    return cast(ServerState, request.app.state.server)


async def admitted(request: Request) -> dict[str, Any]:
    """Return the parameters of a request that may be answered.

    Raises:
        RefusalError: it may not.
    """
    parameters = await read_parameters(request)
    require_access(request, parameters)
    return parameters


def require_access(request: Request, parameters: dict[str, Any]) -> None:
    """Require that a request has a key where it needs one, and does not come too soon.

    Raises:
        RefusalError: it may not be answered.
    """
    key = key_of(parameters, request.headers.get("authorization", ""))
    address = request.client.host if request.client else ""
    state_of(request).access.require(key, address)


async def while_connected(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """Return the result of `work`, which is cancelled when the client goes.

    Raises:
        RefusalError: the client has gone; nobody reads the message.
    """
    task = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_until_gone(request))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise RefusalError(499, "the client has gone")
    finally:
        for each in (task, gone):
            each.cancel()


async def _until_gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
