"""The interface of LibreTranslate, as its documentation and its clients have it.

https://docs.libretranslate.com
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from seq2seq.config.documents import DocumentOptions
from seq2seq.documents.document import FormatSettings
from seq2seq.errors import ConfigError, TextError
from seq2seq.server.detection import DetectedLanguage
from seq2seq.server.directions import Route
from seq2seq.server.files import ENDINGS, TranslatedFile
from seq2seq.server.formatted import translate_formatted
from seq2seq.server.languages import language_name
from seq2seq.server.parameters import (
    NamedUpload,
    RepeatedParameter,
    number_of,
    require_size,
    required,
    share_of,
    text_of,
    texts_of,
)
from seq2seq.server.refusals import RefusalError
from seq2seq.server.service import AUTO, TranslationService
from seq2seq.server.state import admitted, state_of, while_connected

TEXT_FORMATS = ("text", "html")


async def translate_request(request: Request) -> Response:
    """Translate a text, or a list of texts."""
    parameters = await admitted(request)
    state = state_of(request)
    q, is_list = required(parameters, "q"), isinstance(parameters["q"], list)
    if isinstance(q, RepeatedParameter):
        raise RefusalError(400, "Invalid request: several q must be a list in JSON")
    texts = texts_of("q", q)
    source, target = (text_of(name, required(parameters, name)) for name in ("source", "target"))
    access = state.access.options
    require_size(texts, access.max_texts, access.max_characters)
    text_format = format_of(parameters)
    alternatives = number_of(
        "alternatives", parameters.get("alternatives") or 0, 0, access.max_alternatives
    )
    work = TextTranslation(state.service, texts, source, target, text_format, alternatives)
    answer = await while_connected(request, work.answer())
    if not is_list:
        one = ("translatedText", "detectedLanguage", "alternatives")
        answer = {key: each[0] if key in one else each for key, each in answer.items()}
    return JSONResponse(answer)


def format_of(parameters: Mapping[str, Any]) -> str:
    """Return the format of a text.

    Raises:
        RefusalError: there is no such format.
    """
    name = text_of("format", parameters.get("format") or "text")
    if name not in TEXT_FORMATS:
        raise RefusalError(400, f"{name[:20]} format is not supported")
    return name


class TextTranslation:
    """The work of a request."""

    def __init__(
        self, service: TranslationService, texts: Sequence[str], source: str, target: str,
        text_format: str, alternatives: int,
    ) -> None:  # fmt: skip
        """Take the texts, the codes of languages, the format, and the number of alternatives.

        Raises:
            RefusalError: a language or direction is not served.
        """
        self.service, self.texts = service, texts
        self.target = service.require_language(target)
        self.source = AUTO if source == AUTO else service.require_language(source)
        self.text_format = text_format
        self.alternatives = alternatives
        if self.source != AUTO:
            service.require_route(self.source, self.target)

    async def answer(self) -> dict[str, Any]:
        """Return the answer, with a list for each of its parts."""
        detected: list[DetectedLanguage] = []
        if self.source == AUTO:
            detected = [await self.service.detect_source(t, self.target) for t in self.texts]
        sources = [each.code for each in detected] or [self.source] * len(self.texts)
        answer: dict[str, Any] = {}
        if detected:
            answer["detectedLanguage"] = [each._asdict() for each in detected]
            for each in answer["detectedLanguage"]:
                each["language"] = each.pop("code")
        routes = {
            code: self.service.require_route(code, self.target) for code in dict.fromkeys(sources)
        }
        best, others = [""] * len(self.texts), [list[str]()] * len(self.texts)
        for code, route in routes.items():
            rows = [row for row, source in enumerate(sources) if source == code]
            translated = await self._translate(rows, route, code)
            for row, (text, more) in zip(rows, translated, strict=True):
                best[row], others[row] = text, more
        answer["translatedText"] = best
        if self.alternatives:
            answer["alternatives"] = others
        if pivots := sorted({route.pivot for route in routes.values() if route.pivot}):
            answer["pivot"] = pivots[0]
        return answer

    async def _translate(
        self, rows: Sequence[int], route: Route, source: str
    ) -> list[tuple[str, list[str]]]:
        """Return the translations of some texts, with alternatives."""
        texts = [self.texts[row] for row in rows]
        more = [list[str]() for _ in rows]
        if self.alternatives:
            more = await self._formatted(texts, route, source, self.alternatives + 1)
        made = []
        for found, others in zip(await self._formatted(texts, route, source), more, strict=True):
            different = [each for each in dict.fromkeys(others) if each != found[0]]
            made.append((found[0], different[: self.alternatives]))
        return made

    async def _formatted(
        self, texts: Sequence[str], route: Route, source: str, n_best: int = 0
    ) -> list[list[str]]:
        languages = (source, self.target)
        return await translate_formatted(
            self.service, texts, route, languages, self.text_format, n_best
        )


async def detect_languages(request: Request) -> Response:
    """Return the languages that a text may have."""
    parameters = await admitted(request)
    state = state_of(request)
    text = text_of("q", required(parameters, "q"))
    require_size([text], 1, state.access.options.max_characters)
    found = await while_connected(request, state.service.detect(text))
    return JSONResponse([{"confidence": each.confidence, "language": each.code} for each in found])


async def list_languages(request: Request) -> Response:
    """Return the languages, and for each those that it can be translated into."""
    directions = state_of(request).service.directions
    return JSONResponse(
        [
            {
                "code": code,
                "name": language_name(code),
                "targets": sorted([code, *directions.targets(code)]),
            }
            for code in directions.languages
        ]
    )


async def translate_file(request: Request) -> Response:
    """Translate a document, and return where it can be downloaded."""
    files, file = state_of(request).files, await start_file(request)
    try:
        await while_connected(request, files.wait(file))
    except (RefusalError, asyncio.CancelledError):  # no answer has its address
        files.drop(file)
        raise
    return JSONResponse({"translatedFileUrl": f"{request.base_url}{file.path}"})


async def start_file(request: Request) -> TranslatedFile:
    """Return the document of a request, the translation of which has begun.

    Raises:
        RefusalError: it is no document that can be translated.
    """
    parameters = await admitted(request)
    state = state_of(request)
    upload = required(parameters, "file")
    if not isinstance(upload, NamedUpload):
        raise RefusalError(400, "Invalid request: file must be a file")
    size, most = len(upload.data), state.access.options.max_file_bytes
    if size > most:
        raise RefusalError(400, f"Invalid request: file ({size} bytes) exceeds limit ({most})")
    source, target = (text_of(name, required(parameters, name)) for name in ("source", "target"))
    service = state.service
    target = service.require_language(target)
    if source != AUTO:
        source = service.require_language(source)
        service.require_route(source, target)
    least = state.config.min_confidence
    if parameters.get("min_confidence"):
        least = share_of("min_confidence", parameters["min_confidence"])
    settings = FormatSettings(document_options(parameters), source, target)
    return state.files.begin(upload.name, upload.data, settings, least)


def document_options(parameters: Mapping[str, Any]) -> DocumentOptions:
    """Return the options of a document.

    Raises:
        RefusalError: one of them cannot be.
    """
    encoding = parameters.get("encoding") or None
    try:
        return DocumentOptions(encoding=encoding and text_of("encoding", encoding))
    except ConfigError as error:
        raise RefusalError(400, f"Invalid request: {error}") from None


async def download_file(request: Request) -> Response:
    """Return a translated document."""
    state = state_of(request)
    file = state.files.find(str(request.path_params["name"]).partition(".")[0])
    data = await while_connected(request, state.files.wait(file))
    name = quote(file.name)
    headers = {"content-disposition": f"attachment; filename*=UTF-8''{name}"}
    return Response(data, headers=headers, media_type="application/octet-stream")


async def suggest(request: Request) -> Response:
    """Keep a translation that a client suggests."""
    parameters = await admitted(request)
    state = state_of(request)
    if state.suggestions is None:
        raise RefusalError(403, "Suggestions are disabled on this server.")
    q, s, source, target = (
        text_of(name, required(parameters, name)) for name in ("q", "s", "source", "target")
    )
    require_size([q, s], 2, state.access.options.max_characters)
    codes = [state.service.require_language(code) for code in (source, target)]
    try:
        await run_in_threadpool(state.suggestions.add, codes[0], q, codes[1], s)
    except TextError as error:
        raise RefusalError(500, str(error)) from None
    return JSONResponse({"success": True})


async def frontend_settings(request: Request) -> Response:
    """Return what a page must know."""
    state = state_of(request)
    directions = state.service.directions
    source, target = next(iter(directions.run_of))
    return JSONResponse(
        {
            "charLimit": state.access.options.max_characters,
            "maxAlternatives": state.access.options.max_alternatives,
            "frontendTimeout": 500,
            "apiKeys": state.access.has_keys,
            "keyRequired": state.access.key_required,
            "suggestions": state.suggestions is not None,
            "filesTranslation": True,
            "supportedFilesFormat": ENDINGS,
            "language": {
                "source": {"code": source, "name": language_name(source)},
                "target": {"code": target, "name": language_name(target)},
            },
        }
    )


async def health(request: Request) -> Response:
    """Say that the server answers."""
    del request
    return JSONResponse({"status": "ok"})
