"""The description of the interface as an OpenAPI document, for /spec."""

from typing import Any, NamedTuple

from seq2seq import __version__

TITLE = "LibreTranslate"  # clients look for this name to know the interface
_TEXT = {"type": "string"}
_ERROR = {"type": "object", "properties": {"error": _TEXT}, "required": ["error"]}
_FORM = "application/x-www-form-urlencoded"
_JSON, _FILE = "application/json", "multipart/form-data"
_MESSAGE = {"type": "object", "properties": {"message": _TEXT}, "required": ["message"]}


class Operation(NamedTuple):
    """An operation of the interface."""

    method: str
    path: str
    summary: str
    answer: dict[str, Any]  # the schema of what it returns
    parameters: dict[str, Any] = {}  # noqa: RUF012  # schemas by name
    required: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()  # content types of the body
    refusals: tuple[int, ...] = ()


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


_TEXTS = {"oneOf": [_TEXT, _list(_TEXT)]}
_CODE = {"type": "string", "example": "en"}
_DETECTED = _object(confidence={"type": "number"}, language=_TEXT)
_KEY = {"api_key": _TEXT}
_REFUSALS = (400, 403, 429, 504)

OPERATIONS = (
    Operation(
        "post", "/translate", "Translate a text or a list of texts",
        {
            **_object(
                translatedText=_TEXTS, detectedLanguage={}, alternatives=_list({}), pivot=_TEXT
            ),
            "required": ["translatedText"],
        },
        {
            "q": _TEXTS, "source": {**_CODE, "description": "a code, or auto"}, "target": _CODE,
            "format": {"type": "string", "enum": ["text", "html"]},
            "alternatives": {"type": "integer", "minimum": 0}, **_KEY,
        },
        ("q", "source", "target"), (_JSON, _FORM), _REFUSALS,
    ),
    Operation(
        "post", "/detect", "Detect the language of a text", _list(_DETECTED),
        {"q": _TEXT, **_KEY}, ("q",), (_JSON, _FORM), _REFUSALS,
    ),
    Operation(
        "get", "/languages", "List the languages",
        _list(_object(code=_TEXT, name=_TEXT, targets=_list(_TEXT))),
    ),
    Operation(
        "post", "/translate_file", "Translate a document", _object(translatedFileUrl=_TEXT),
        {
            "file": {"type": "string", "format": "binary"}, "source": _CODE, "target": _CODE,
            "min_confidence": {"type": "number", "minimum": 0, "maximum": 1}, "encoding": _TEXT,
            **_KEY,
        },
        ("file", "source", "target"), (_FILE,), _REFUSALS,
    ),
    Operation(
        "post", "/suggest", "Suggest a translation", _object(success={"type": "boolean"}),
        {"q": _TEXT, "s": _TEXT, "source": _CODE, "target": _CODE, **_KEY},
        ("q", "s", "source", "target"), (_JSON, _FORM), (*_REFUSALS, 500),
    ),
    Operation("get", "/frontend/settings", "Return limits and features", _object()),
    Operation(
        "post", "/v1/translate", "Translate with scores, confidence and alignments",
        _object(
            source=_TEXT, target=_TEXT, pivot={"type": "string", "nullable": True},
            translations=_list({"type": "object"}),
        ),
        {
            "text": _TEXTS, "source": _CODE, "target": _CODE, "prefix": _TEXTS,
            "n_best": {"type": "integer", "minimum": 0}, "alignments": {"type": "boolean"},
            "branch": {"type": "boolean"},
            "glossary": {"type": "object", "additionalProperties": _TEXT}, **_KEY,
        },
        ("text", "target"), (_JSON,), _REFUSALS,
    ),
    Operation("get", "/v1/runs", "List the runs", _list(_object())),
    Operation(
        "post", "/v2/translate", "Translate as DeepL does",
        _object(translations=_list(_object(detected_source_language=_TEXT, text=_TEXT))),
        {
            "text": _list(_TEXT), "source_lang": _CODE, "target_lang": _CODE,
            "tag_handling": {"type": "string", "enum": ["xml", "html"]},
        },
        ("text", "target_lang"), (_JSON,), _REFUSALS,
    ),
    Operation("get", "/v2/languages", "List languages as DeepL does", _list(_object())),
    Operation("get", "/v2/usage", "Count translated characters", _object()),
    Operation("get", "/health", "Say that the server answers", _object(status=_TEXT)),
    Operation("get", "/spec", "Return this document", _object()),
)  # fmt: skip


def specification() -> dict[str, Any]:
    """Return the OpenAPI document."""
    paths: dict[str, Any] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _described(operation)
    return {
        "openapi": "3.0.3",
        "info": {
            "title": TITLE,
            "version": __version__,
            "description": "Translations by seq2seq, with the interface of LibreTranslate",
        },
        "paths": paths,
    }


def _described(operation: Operation) -> dict[str, Any]:
    error = _MESSAGE if operation.path.startswith("/v2/") else _ERROR
    responses = {"200": _response("The answer", operation.answer)}
    responses |= {str(status): _response("A refusal", error) for status in operation.refusals}
    described: dict[str, Any] = {"summary": operation.summary, "responses": responses}
    if operation.kinds:
        schema = {
            "type": "object",
            "properties": operation.parameters,
            "required": list(operation.required),
        }
        content = {kind: {"schema": _of_kind(schema, kind)} for kind in operation.kinds}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _of_kind(schema: dict[str, Any], kind: str) -> dict[str, Any]:
    """Return the schema of a body; a form has no lists."""
    if kind == _JSON:
        return schema
    properties = {
        name: _TEXT if each is _TEXTS else each for name, each in schema["properties"].items()
    }
    return {**schema, "properties": properties}


def _response(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {_JSON: {"schema": schema}}}
