"""The page at /: files of this package, which load nothing from elsewhere."""

from functools import cache
from pathlib import Path
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from seq2seq.server.refusals import RefusalError

PAGE_FOLDER = Path(__file__).resolve().parent / "page"
CONTENT_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


class PageFile(NamedTuple):
    """A file of the page."""

    data: bytes
    content_type: str


@cache
def page_files() -> dict[str, PageFile]:
    """Return the files of the page by their names."""
    return {
        path.name: PageFile(path.read_bytes(), CONTENT_TYPES[path.suffix])
        for path in PAGE_FOLDER.iterdir()
        if path.suffix in CONTENT_TYPES
    }


async def show_page(request: Request) -> Response:
    """Return a file of the page: without a name, the page itself."""
    file = page_files().get(request.path_params.get("name", "index.html"))
    if file is None:
        raise RefusalError(404, "Not Found")
    return Response(file.data, headers={"cache-control": "no-cache"}, media_type=file.content_type)
