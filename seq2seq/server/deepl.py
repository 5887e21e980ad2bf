"""The interface of DeepL, as far as translations of texts go.

https://developers.deepl.com/docs
"""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from seq2seq.server.formatted import translate_formatted
from seq2seq.server.languages import language_name
from seq2seq.server.parameters import flag_of, require_size, required, text_of, texts_of
from seq2seq.server.refusals import RefusalError
from seq2seq.server.service import TranslationService
from seq2seq.server.state import admitted, state_of, while_connected

CHARACTER_LIMIT = 10**12  # of a month: there is none
# Codes of targets with a country, which clients ask for instead of the language.
REGIONAL_TARGETS = {"en": ("EN-GB", "EN-US"), "pt": ("PT-BR", "PT-PT")}


async def translate_deepl(request: Request) -> Response:
    """Translate texts."""
    parameters = await admitted(request)
    state = state_of(request)
    texts = texts_of("text", required(parameters, "text"))
    access = state.access.options
    require_size(texts, access.max_texts, access.max_characters)
    refuse_unknown(parameters)
    translations = await while_connected(request, translate_each(state.service, texts, parameters))
    if flag_of("show_billed_characters", parameters.get("show_billed_characters", False)):
        for text, translation in zip(texts, translations, strict=True):
            translation["billed_characters"] = len(text)
    return JSONResponse({"translations": translations})


def refuse_unknown(parameters: Mapping[str, Any]) -> None:
    """Refuse what changes translations in a way that no run can.

    Raises:
        RefusalError: there is such a parameter.
    """
    if parameters.get("formality", "default") in ("more", "less"):
        raise RefusalError(400, "formality is not supported: use prefer_more or prefer_less")
    for name in ("glossary_id", "glossary_ids", "style_id", "translation_memory_id"):
        if parameters.get(name):
            raise RefusalError(400, f"{name} is not supported: /v1/translate takes a glossary")


async def translate_each(
    service: TranslationService, texts: list[str], parameters: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return the translations of texts, those of each language together.

    Raises:
        RefusalError: a language is not served.
    """
    target = service.require_language(text_of("target_lang", required(parameters, "target_lang")))
    handling = text_of("tag_handling", parameters.get("tag_handling") or "text")
    if handling not in ("text", "xml", "html"):
        raise RefusalError(400, "tag_handling must be xml or html")
    if parameters.get("source_lang"):
        code = text_of("source_lang", parameters["source_lang"])
        sources = [service.require_language(code)] * len(texts)
    else:
        sources = [(await service.detect_source(text, target)).code for text in texts]
    made: list[dict[str, Any]] = [{} for _ in texts]
    for source in dict.fromkeys(sources):
        route = service.require_route(source, target)
        rows = [row for row, code in enumerate(sources) if code == source]
        format_name = "text" if handling == "text" else "html"
        chosen = [texts[row] for row in rows]
        found = await translate_formatted(service, chosen, route, (source, target), format_name)
        for row, translations in zip(rows, found, strict=True):
            made[row] = {"detected_source_language": source.upper(), "text": translations[0]}
            if route.pivot:
                made[row]["pivot"] = route.pivot.upper()
    return made


async def list_deepl_languages(request: Request) -> Response:
    """Return the languages of sources, or with type=target those of targets."""
    parameters = await admitted(request)
    directions = state_of(request).service.directions
    if parameters.get("type") != "target":
        codes = [code.upper() for code in directions.sources]
    else:
        targets = [code for source in directions.sources for code in directions.targets(source)]
        codes = [
            code
            for target in dict.fromkeys(targets)
            for code in REGIONAL_TARGETS.get(target, (target.upper(),))
        ]
    extra = {"supports_formality": False} if parameters.get("type") == "target" else {}
    return JSONResponse(
        [{"language": code, "name": language_name(code), **extra} for code in codes]
    )


async def deepl_usage(request: Request) -> Response:
    """Return how many characters were translated since the server began."""
    await admitted(request)
    count = int(state_of(request).metrics.translated_characters)
    return JSONResponse({"character_count": count, "character_limit": CHARACTER_LIMIT})
