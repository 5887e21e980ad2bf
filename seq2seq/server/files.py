"""Documents that clients send: translated in the background, kept for a while for download."""

import asyncio
import secrets
import time
from dataclasses import replace
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from seq2seq.config.serving import AccessOptions
from seq2seq.documents.document import Document, FormatSettings
from seq2seq.documents.registry import DOCUMENT_FORMATS, find_format, parse_document
from seq2seq.documents.zip_members import expanded_markup_bytes
from seq2seq.errors import UserError
from seq2seq.server.formatted import document_lines, segment_translation, write_translated
from seq2seq.server.refusals import RefusalError, log_fault
from seq2seq.server.service import AUTO, TextOptions, TranslationService

KEPT_SECONDS = 1800.0
MAX_KEPT_BYTES = 2**28  # of all translated documents
MAX_NAME = 100  # characters of a name
DETECTED_CHARACTERS = 2000  # of the texts of a document
ENDINGS = [".txt", *(ending for each in DOCUMENT_FORMATS for ending in each.endings)]


class TranslatedFile:
    """A document of a client: its translation, once it is complete."""

    def __init__(self, name: str, settings: FormatSettings, min_confidence: float | None) -> None:
        """Take the name, options and languages, and the least confidence of what is not marked."""
        self.id = secrets.token_urlsafe(24)  # nobody can guess it
        self.name = name
        self.time = time.monotonic()
        self.lines, self.translated_lines = 0, 0
        self.settings, self.min_confidence = settings, min_confidence
        self.data: bytes | None = None
        self.error: RefusalError | None = None
        self.report = ""
        self.ended = asyncio.Event()
        self.task: asyncio.Task[None] | None = None

    @property
    def is_done(self) -> bool:
        """Return whether it is translated, or failed."""
        return self.data is not None or self.error is not None

    @property
    def path(self) -> str:
        """Return the path of the translation, behind that of the server."""
        return f"download_file/{self.id}.{quote(self.name)}"

    def status(self) -> dict[str, Any]:
        """Return the progress as a JSON object."""
        return {
            "id": self.id,
            "name": self.name,
            "status": "error" if self.error else "done" if self.is_done else "translating",
            "lines": self.lines,
            "translated": self.translated_lines,
            "source": self.settings.source_language,
            "target": self.settings.target_language,
            "report": self.report,
            "path": self.path,
            **({"error": self.error.message} if self.error else {}),
        }


class TranslatedFiles:
    """Documents of clients, the oldest of which go first."""

    def __init__(self, service: TranslationService, access: AccessOptions) -> None:
        self.service, self.max_files = service, access.max_files
        self.max_bytes = access.max_file_bytes  # of a file, and of its markup when it is expanded
        self._parsing = asyncio.Semaphore(1)
        self._files: dict[str, TranslatedFile] = {}

    def find(self, name: str) -> TranslatedFile:
        """Return a document by its id.

        Raises:
            RefusalError: there is none, or no longer.
        """
        self._drop_old()
        file = self._files.get(name)
        if file is None:
            raise RefusalError(404, "there is no such file, or it is no longer kept")
        return file

    def begin(
        self, name: str, data: bytes, settings: FormatSettings, min_confidence: float | None = None
    ) -> TranslatedFile:
        """Begin to translate a document.

        Args:
            name: of the file, whose ending says its format.
            data: its bytes.
            settings: options and served languages; that of the source may be auto.
            min_confidence: of translations that are not marked; None: none is.

        Raises:
            RefusalError: there is no such format, or too many documents are being translated.
        """
        safe = "".join(c for c in PurePath(name.replace("\\", "/")).name if c.isprintable())
        format_name = document_format(safe)
        self._drop_old()
        if len(self._files) >= self.max_files:
            done = next((each for each in self._files.values() if each.is_done), None)
            if done is None:
                raise RefusalError(429, "Slowdown: too many documents are being translated")
            del self._files[done.id]
        file = TranslatedFile(safe[-MAX_NAME:], settings, min_confidence)
        self._files[file.id] = file
        file.task = asyncio.create_task(self._translate(file, format_name, data))
        return file

    def drop(self, file: TranslatedFile) -> None:
        """Forget a document that nobody can ask for any more."""
        self._files.pop(file.id, None)
        if file.task is not None:
            file.task.cancel()

    async def wait(self, file: TranslatedFile) -> bytes:
        """Return the translated document, when it is complete.

        Raises:
            RefusalError: it cannot be translated.
        """
        await file.ended.wait()
        if file.error is not None:
            raise file.error
        return file.data or b""

    async def _translate(self, file: TranslatedFile, format_name: str, data: bytes) -> None:
        try:
            file.data = await self._translated(file, format_name, data)
        except RefusalError as refusal:
            file.error = refusal
        except UserError as error:
            file.error = RefusalError(400, str(error))
        except Exception as error:
            file.error = RefusalError(500, "the document cannot be translated")
            log_fault(error)
        finally:
            file.time = time.monotonic()
            file.ended.set()

    async def _translated(self, file: TranslatedFile, format_name: str, data: bytes) -> bytes:
        service, settings = self.service, file.settings
        document = await self._parse(file, format_name, data)
        if settings.source_language == AUTO:
            text = "\n".join(each.text for each in document.segments)[:DETECTED_CHARACTERS]
            found = await service.detect_source(text, settings.target_language)
            file.settings = settings = replace(settings, source_language=found.code)
            document = await self._parse(file, format_name, data)
        lines = document_lines(document)
        file.lines = len(lines)

        def notify(count: int) -> None:
            file.translated_lines += count

        route = service.require_route(settings.source_language, settings.target_language)
        least = file.min_confidence
        service.require_confidence(route, least)
        options = TextOptions(is_scored=least is not None)
        results = await service.translate(lines, route, options, notify=notify)
        known = {
            line: segment_translation(result, min_confidence=least)
            for line, result in zip(lines, results, strict=True)
        }
        made, file.report = await asyncio.to_thread(write_translated, document, known)
        return made

    async def _parse(self, file: TranslatedFile, format_name: str, data: bytes) -> Document:
        """Return the document of a file; one after the other, for memory is bounded."""
        async with self._parsing:
            most = self.max_bytes
            if await asyncio.to_thread(expanded_markup_bytes, data) > most:
                raise RefusalError(400, f"Invalid request: file expands to more than {most} bytes")
            return await asyncio.to_thread(
                parse_document, data, format_name, file.settings, file.name
            )

    def _drop_old(self) -> None:
        """Drop documents that are old, or beyond the bytes that are kept; the newest stays."""
        oldest = time.monotonic() - KEPT_SECONDS
        done = [each for each in self._files.values() if each.is_done]
        size = sum(len(each.data or b"") for each in done)
        for file in done:
            is_beyond = size > MAX_KEPT_BYTES and file is not done[-1]
            if file.time < oldest or is_beyond:
                size -= len(file.data or b"")
                del self._files[file.id]


def document_format(name: str) -> str:
    """Return the name of the format of a file.

    Raises:
        RefusalError: its ending is that of none.
    """
    if name.lower().endswith(".txt"):
        return "text"
    found = find_format(name)
    if found is None:
        raise RefusalError(
            400, f"Invalid request: file format not supported, but {', '.join(ENDINGS)}"
        )
    return found.name
