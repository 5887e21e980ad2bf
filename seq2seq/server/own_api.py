"""The interface of this program, /v1: scores, confidence, alignments, n-best, prefixes, terms."""

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from seq2seq.server.languages import language_name
from seq2seq.server.libretranslate import start_file
from seq2seq.server.parameters import (
    flag_of,
    number_of,
    require_size,
    required,
    text_of,
    texts_of,
)
from seq2seq.server.refusals import RefusalError
from seq2seq.server.run_details import read_details
from seq2seq.server.service import AUTO, TextOptions, TextResult, TranslationService
from seq2seq.server.state import admitted, require_access, state_of, while_connected

MAX_REQUEST_TERMS = 1000  # of the glossary of a request


async def translate_scored(request: Request) -> Response:
    """Translate texts, with all that is known of their translations."""
    parameters = await admitted(request)
    state = state_of(request)
    texts = texts_of("text", required(parameters, "text"))
    prefixes = texts_of("prefix", parameters.get("prefix") or [""] * len(texts))
    access = state.access.options
    terms = terms_of(parameters.get("glossary") or {})
    parts = [part for term in terms for part in term]
    require_size(texts, access.max_texts, access.max_characters)
    require_size([*prefixes, *parts], MAX_REQUEST_TERMS * 3, access.max_characters)
    if len(prefixes) != len(texts):
        raise RefusalError(400, "Invalid request: prefix must have a text for each text")
    options = TextOptions(
        number_of("n_best", parameters.get("n_best") or 0, 0, access.max_alternatives),
        True,
        flag_of("alignments", parameters.get("alignments", False)),
        flag_of("branch", parameters.get("branch", False)),
        terms,
    )
    source = text_of("source", parameters.get("source") or AUTO)
    target = text_of("target", required(parameters, "target"))
    work = _answer(state.service, texts, (source, target), options, prefixes)
    return JSONResponse(await while_connected(request, work))


def terms_of(glossary: object) -> tuple[tuple[str, str], ...]:
    """Return the terms of a glossary, an object from terms to their translations.

    Raises:
        RefusalError: it is none, or has too many.
    """
    if not isinstance(glossary, Mapping):
        raise RefusalError(400, "Invalid request: glossary must be an object")
    if len(glossary) > MAX_REQUEST_TERMS:
        raise RefusalError(
            400, f"Invalid request: glossary has more than {MAX_REQUEST_TERMS} terms"
        )
    terms = [(text_of("glossary", s).strip(), text_of("glossary", t)) for s, t in glossary.items()]
    if not all(source and target.strip() for source, target in terms):
        raise RefusalError(400, "Invalid request: a term of glossary is empty")
    return tuple(sorted(terms))


async def _answer(
    service: TranslationService,
    texts: Sequence[str],
    codes: tuple[str, str],
    options: TextOptions,
    prefixes: Sequence[str],
) -> dict[str, Any]:
    target, detected = service.require_language(codes[1]), {}
    if codes[0] == AUTO:
        found = await service.detect_source("\n".join(texts), target)
        source = found.code
        detected = {"detected": {"language": source, "confidence": found.confidence}}
    else:
        source = service.require_language(codes[0])
    route = service.require_route(source, target)
    options = options._replace(is_aligned=options.is_aligned and service.has_attention(route))
    results = await service.translate(texts, route, options, prefixes)
    return {
        "source": source,
        "target": target,
        **detected,
        "pivot": route.pivot,
        "translations": [_result(text, each) for text, each in zip(texts, results, strict=True)],
    }


def _result(text: str, result: TextResult) -> dict[str, Any]:
    """Return the translations of a text, and of each of its lines.

    The confidence of a text is that of its least sure line.
    """
    rated = [line[0]["confidence"] for line in result.lines if line]
    is_rated = bool(rated) and None not in rated
    return {
        "source": text,
        "text": result.texts[0],
        "texts": result.texts,
        "confidence": min(rated) if is_rated else None,
        "lines": [
            {"source": source, "translations": line}
            for source, line in zip(result.sources, result.lines, strict=True)
        ],
    }


async def list_runs(request: Request) -> Response:
    """Return the runs."""
    require_access(request, dict(request.query_params))
    state = state_of(request)
    return JSONResponse(
        [
            {
                "number": number,
                "name": run["name"],
                "source": run["source"],
                "target": run["target"],
                "directions": run["directions"],
                "source_name": language_name(run["source"]),
                "target_name": language_name(run["target"]),
                "has_attention": run["has_attention"],
                "has_confidence": run["has_confidence"],
            }
            for number, run in enumerate(state.pool.runs)
        ]
    )


async def describe_run(request: Request) -> Response:
    """Return what a run folder says of a run: facts, curves, samples, model card."""
    require_access(request, dict(request.query_params))
    runs = state_of(request).pool.runs
    number = number_of("number", request.path_params["number"], 0, len(runs) - 1)
    details = await run_in_threadpool(read_details, runs[number]["folder"])
    return JSONResponse({"number": number, "name": runs[number]["name"], **details})


async def begin_document(request: Request) -> Response:
    """Begin to translate a document, and return its progress."""
    file = await start_file(request)
    return JSONResponse(file.status(), 202)


async def document_status(request: Request) -> Response:
    """Return the progress of a document."""
    file = state_of(request).files.find(str(request.path_params["name"]))
    return JSONResponse(file.status())
