"""The options of `seq2seq.serve`."""

from dataclasses import dataclass, field
from typing import Any

from seq2seq.config.commands import DecodingConfig
from seq2seq.config.ranges import number, require, require_ranges

MAX_PORT = 65_535
MAX_TEXTS = 100_000  # of a request
MAX_REQUEST_CHARACTERS = 10**8
MAX_UPLOAD = 2**28  # bytes: the largest document that `translate` takes
MAX_CONNECTIONS = 100_000
MAX_WORKERS = 64


@dataclass
class AccessOptions:
    """Who may use a server, and how much."""

    keys: str | None = None  # a file of API keys, one a line; null: none is needed
    key_required: bool = True  # with `keys`: refuse requests that have none
    # Of each client; 0: no limit. A key may have its own, behind it in its line.
    requests_per_minute: int = number(0, 0, 10**6)
    max_characters: int = number(50_000, 1, MAX_REQUEST_CHARACTERS)  # of the texts of a request
    max_texts: int = number(1000, 1, MAX_TEXTS)  # of a request
    max_alternatives: int = number(10, 0, 100)  # of a text
    max_file_bytes: int = number(2**24, 1, MAX_UPLOAD)  # of a document, also when it is expanded
    max_files: int = number(100, 1, 100_000)  # translated documents that are kept for download
    max_connections: int = number(1000, 1, MAX_CONNECTIONS)  # at once
    timeout: float = number(60.0, 0, 3600, above=True)  # seconds until a request is given up
    # Seconds for a client to send its request.
    receive_timeout: float = number(30.0, 0, 3600, above=True)
    # Sites whose pages may use the interface, as https://example.org; [*]: all.
    origins: list[str] = field(default_factory=lambda: ["*"])

    def __post_init__(self) -> None:
        require_ranges("access.", self)


@dataclass
class ServeConfig(DecodingConfig):
    """Options of `seq2seq.serve`."""

    run: Any = None  # a run folder, or a list of folders, each of another direction
    host: str = "127.0.0.1"  # the address to listen at; 0.0.0.0: all of this machine
    port: int = number(5000, 0, MAX_PORT)  # 0: a free one, which is printed
    workers: int = number(1, 1, MAX_WORKERS)  # processes that translate, each with all runs
    reload: bool = True  # read a run folder again when its files change
    detector: str | None = None  # a language-id run folder; null: the package py3langid
    suggestions: str | None = None  # a .tmx file that /suggest adds to; null: it is off
    # Texts of documents with a lower confidence are marked as not sure, as `translate` marks them;
    # null: none. A request may say otherwise.
    min_confidence: float | None = number(None, 0, 1)
    access: AccessOptions = field(default_factory=AccessOptions)

    def __post_init__(self) -> None:
        super().__post_init__()
        is_tmx = self.suggestions is None or self.suggestions.lower().endswith(".tmx")
        require("suggestions", self.suggestions, is_tmx, "a .tmx file")
