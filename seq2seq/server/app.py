"""The application: routes to endpoints, and errors as clients of each interface read them."""

from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from seq2seq.server import deepl, libretranslate, own_api, pages
from seq2seq.server.middleware import BoundedRequests, OpenInterfaces
from seq2seq.server.refusals import MissingKeyError, RefusalError, log_fault
from seq2seq.server.spec import specification
from seq2seq.server.state import ServerState, state_of

FORM_BYTES = 2**16  # of a request beside its texts or file
BYTES_OF_CHARACTER = 12  # at most, as \uD83D\uDE00 in JSON or %F0%9F%98%80 in a form

Endpoint = Callable[[Request], Awaitable[Response]]
# Path, method, endpoint.
ROUTES: tuple[tuple[str, str, Endpoint], ...] = (
    ("/translate", "POST", libretranslate.translate_request),
    ("/detect", "POST", libretranslate.detect_languages),
    ("/languages", "GET", libretranslate.list_languages),
    ("/translate_file", "POST", libretranslate.translate_file),
    ("/download_file/{name}", "GET", libretranslate.download_file),
    ("/suggest", "POST", libretranslate.suggest),
    ("/frontend/settings", "GET", libretranslate.frontend_settings),
    ("/health", "GET", libretranslate.health),
    ("/", "GET", pages.show_page),
    ("/page/{name}", "GET", pages.show_page),
    ("/v2/translate", "POST", deepl.translate_deepl),
    ("/v2/languages", "GET", deepl.list_deepl_languages),
    ("/v2/languages", "POST", deepl.list_deepl_languages),
    ("/v2/usage", "GET", deepl.deepl_usage),
    ("/v2/usage", "POST", deepl.deepl_usage),
    ("/v1/translate", "POST", own_api.translate_scored),
    ("/v1/runs", "GET", own_api.list_runs),
    ("/v1/runs/{number}", "GET", own_api.describe_run),
    ("/v1/documents", "POST", own_api.begin_document),
    ("/v1/documents/{name}", "GET", own_api.document_status),
)


def create_app(state: ServerState) -> Starlette:
    """Return the application of a server."""
    access = state.access.options
    of_texts = access.max_characters * BYTES_OF_CHARACTER + FORM_BYTES
    max_bytes = (of_texts, access.max_file_bytes + FORM_BYTES)
    app = Starlette(
        routes=[
            *(Route(path, endpoint, methods=[method]) for path, method, endpoint in ROUTES),
            Route("/spec", show_specification, methods=["GET"]),
            Route("/metrics", show_metrics, methods=["GET"]),
        ],
        middleware=[
            Middleware(
                BoundedRequests, metrics=state.metrics, max_bytes=max_bytes,
                seconds=access.receive_timeout,
            ),
            Middleware(
                OpenInterfaces, allow_origins=access.origins, allow_methods=["GET", "POST"],
                allow_headers=["authorization", "content-type"],
            ),
        ],
        exception_handlers={
            RefusalError: refuse, HTTPException: refuse_http, ClientDisconnect: refuse_gone,
            Exception: refuse_fault,
        },
    )  # fmt: skip
    app.state.server = state
    return app


async def show_specification(request: Request) -> Response:
    """Return the description of the interface."""
    del request
    return JSONResponse(specification())


async def show_metrics(request: Request) -> Response:
    """Return counts and times for Prometheus."""
    state = state_of(request)
    state.metrics.waiting.set(state.service.queue.count)
    return Response(state.metrics.text(), media_type="text/plain; version=0.0.4")


def refusal_answer(request: Request, status: int, message: str) -> Response:
    """Return a refusal in the form of the interface that the request is for."""
    name = "message" if request.url.path.startswith("/v2/") else "error"
    # What is left of a body that was too large or too slow is not read.
    headers = {"connection": "close"} if status in (408, 499) or "bytes" in message else None
    return JSONResponse({name: message}, status, headers)


async def refuse(request: Request, error: Exception) -> Response:
    """Answer a request that is refused."""
    assert isinstance(error, RefusalError)
    if isinstance(error, MissingKeyError) and request.url.path.startswith("/v2/"):
        return refusal_answer(request, 403, error.message)  # as DeepL does
    return refusal_answer(request, error.status, error.message)


async def refuse_http(request: Request, error: Exception) -> Response:
    """Answer a request for a path or with a method that there is not, or with a broken form."""
    assert isinstance(error, HTTPException)
    answer = refusal_answer(request, error.status_code, error.detail)
    answer.headers.update(error.headers or {})
    return answer


async def refuse_gone(request: Request, error: Exception) -> Response:
    """End a request whose client has gone before it was complete."""
    del error
    return refusal_answer(request, 499, "the client has gone")


async def refuse_fault(request: Request, error: Exception) -> Response:
    """Answer a request that a fault of this program has ended, without a word of it in the log."""
    log_fault(error)
    return refusal_answer(request, 500, "a fault of the server")
