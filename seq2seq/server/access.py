"""Who may use the server, and how often: API keys, and requests per minute."""

import hmac
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from seq2seq.config.serving import AccessOptions
from seq2seq.errors import TextError
from seq2seq.server.refusals import MissingKeyError, RefusalError
from seq2seq.storage.regular import read_regular

MAX_KEYS_BYTES = 2**22
MAX_CLIENTS = 100_000  # whose requests are counted
MINUTE = 60.0


class ApiKey(NamedTuple):
    """A key of the file of keys."""

    text: str
    requests_per_minute: int | None = None  # None: as all clients


def read_keys(path: Path) -> list[ApiKey]:
    """Read a file of keys: one a line, perhaps with requests per minute behind it.

    Raises:
        TextError: it cannot be read, or a line is none of a key. No message has a key.
    """
    keys = []
    for number, line in enumerate(read_regular(path, MAX_KEYS_BYTES).splitlines(), 1):
        words = line.split()
        if not words or line.lstrip().startswith("#"):
            continue
        if len(words) > 2 or (len(words) == 2 and not words[1].isdecimal()):
            raise TextError(f"{path}, line {number}: a key, and perhaps requests per minute")
        keys.append(ApiKey(words[0], int(words[1]) if len(words) == 2 else None))
    if not keys:
        raise TextError(f"{path} has no key")
    return keys


class RateLimiter:
    """Counts requests of clients: as many as a minute allows, at once or spread over it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._clients: dict[str, tuple[float, float]] = {}  # what is left, and when that was

    def require(self, client: str, per_minute: int) -> None:
        """Count a request.

        Raises:
            RefusalError: the client has sent too many.
        """
        now = self.clock()
        left, then = self._clients.pop(client, (float(per_minute), now))
        left = min(float(per_minute), left + (now - then) * per_minute / MINUTE)
        allowed = left >= 1
        self._clients[client] = (left - 1 if allowed else left, now)  # the latest is the last
        if len(self._clients) > MAX_CLIENTS:
            del self._clients[next(iter(self._clients))]
        if not allowed:
            raise RefusalError(429, f"Slowdown: {per_minute} requests per minute are allowed")


class AccessControl:
    """Decides about requests by their keys and addresses."""

    def __init__(self, options: AccessOptions) -> None:
        """Take the options, and read the keys.

        Raises:
            TextError: the file of keys cannot be read.
        """
        self.options = options
        self.limiter = RateLimiter()
        self.keys: list[ApiKey] = []
        self.read()

    def read(self) -> None:
        """Read the keys, which may have changed."""
        if self.options.keys is not None:
            self.keys = read_keys(Path(self.options.keys))

    @property
    def has_keys(self) -> bool:
        """Return whether there are keys at all."""
        return bool(self.keys)

    @property
    def key_required(self) -> bool:
        """Return whether requests without a key are refused."""
        return self.has_keys and self.options.key_required

    def require(self, key: object, address: str) -> None:
        """Decide about a request.

        Args:
            key: that it has; None or "" for none.
            address: of the client.

        Raises:
            RefusalError: it needs a key (400), has a wrong one (403), or comes too soon (429).
        """
        per_minute, client = self.options.requests_per_minute, address
        if self.has_keys:
            if not key and self.key_required:
                raise MissingKeyError
            if key:
                found = self._find(str(key))
                if found is None:
                    raise RefusalError(403, "Invalid API key")
                if found.requests_per_minute is not None:
                    per_minute = found.requests_per_minute
                client = f"key {found.text}"
        if per_minute:
            self.limiter.require(client, per_minute)

    def _find(self, text: str) -> ApiKey | None:
        """Return a key, in a time that tells nothing of the others."""
        given, found = text.encode("utf-8", "replace"), None
        for key in self.keys:
            if hmac.compare_digest(key.text.encode(), given):
                found = key
        return found


def key_of(parameters: Mapping[str, object], authorization: str) -> object:
    """Return the key of a request: a parameter, or behind the last blank of a header."""
    for name in ("api_key", "auth_key"):
        if parameters.get(name):
            return parameters[name]
    return authorization.rpartition(" ")[2]
