"""The frame of all requests: bounds on size and time, counts, headers for safe pages."""

import asyncio
import time
from typing import Any

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from seq2seq.server.metrics import ServerMetrics
from seq2seq.server.refusals import RefusalError

WITH_FILES = ("/translate_file", "/v1/documents")  # paths that take a file
CLOSED = ("/v1/runs",)  # paths for pages of this server alone
# Pages load their own files alone, and nothing may frame them.
SAFE_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        b"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
]


class BoundedRequests:
    """Middleware that bounds requests, and counts them by path and status."""

    def __init__(
        self, app: ASGIApp, metrics: ServerMetrics, max_bytes: tuple[int, int], seconds: float
    ) -> None:
        """Take the application.

        Args:
            app: that answers.
            metrics: counts.
            max_bytes: of the body of a request, without a file and with one.
            seconds: for a client to send it.
        """
        self.app, self.metrics = app, metrics
        self.max_bytes, self.seconds = max_bytes, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start, status = time.monotonic(), 499  # of nginx: the client has gone

        async def send_safely(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message.get("headers", ()), *SAFE_HEADERS]}
            await send(message)

        most = self.max_bytes[scope["path"] in WITH_FILES]
        body = BoundedBody(receive, most, self.seconds)
        try:
            await self.app(scope, body.receive, send_safely)
        finally:
            path = path_label(scope)
            self.metrics.requests.labels(path, str(status)).inc()
            self.metrics.seconds.labels(path).observe(time.monotonic() - start)


class OpenInterfaces(CORSMiddleware):
    """Middleware by which pages of other sites may translate, and may not look at runs."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "http" and scope["path"].startswith(CLOSED):
            await self.app(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


class BoundedBody:
    """The body of a request, of bounded size, in bounded time."""

    def __init__(self, receive: Receive, max_bytes: int, seconds: float) -> None:
        self._receive, self.max_bytes, self.seconds = receive, max_bytes, seconds
        self._end = time.monotonic() + seconds
        self._size = 0
        self._is_complete = False

    async def receive(self) -> Message:
        """Return the next part of the body, or of what comes after it.

        Raises:
            RefusalError: the body is too large or too slow.
        """
        if self._is_complete:
            return await self._receive()
        try:
            async with asyncio.timeout(self._end - time.monotonic()):
                message = await self._receive()
        except TimeoutError:
            raise RefusalError(
                408, f"the request took more than {self.seconds:g} seconds"
            ) from None
        self._size += len(message.get("body", b""))
        self._is_complete = not message.get("more_body", False)
        if self._size > self.max_bytes:
            raise RefusalError(400, f"Invalid request: more than {self.max_bytes} bytes")
        return message


def path_label(scope: Scope) -> str:
    """Return the path of the route of a request, for counts: few, whatever clients ask for."""
    route: Any = scope.get("route")
    path = getattr(route, "path", None)
    return path if isinstance(path, str) else "other"
