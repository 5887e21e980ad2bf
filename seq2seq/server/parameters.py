"""Parameters of requests, from query strings, forms and JSON."""

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request

from seq2seq.errors import TextError
from seq2seq.server.refusals import RefusalError
from seq2seq.storage.plain_json import parse_plain_json

MAX_BODY_DEPTH = 20
MAX_FIELDS = 1000  # of a form


async def read_parameters(request: Request) -> dict[str, Any]:
    """Return the parameters of a request: those of its body go before those of its query.

    Raises:
        RefusalError: the body is not what its content type says.
    """
    parameters: dict[str, Any] = {}
    for name, value in request.query_params.multi_items():
        add_parameter(parameters, name, value)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json" or kind.endswith("+json"):
        return {**parameters, **await _json_object(request)}
    if kind in ("application/x-www-form-urlencoded", "multipart/form-data"):
        form: dict[str, Any] = {}
        async with request.form(max_files=1, max_fields=MAX_FIELDS, max_part_size=2**27) as fields:
            for name, field in fields.multi_items():
                if isinstance(field, UploadFile):
                    form[name] = NamedUpload(field.filename or "", await field.read())
                else:
                    add_parameter(form, name, field)
        return {**parameters, **form}
    return parameters


class NamedUpload:
    """A file that a client has sent."""

    def __init__(self, name: str, data: bytes) -> None:
        self.name, self.data = name, data


class RepeatedParameter(list[str]):
    """Values of a parameter that a query or a form has several times."""


def add_parameter(parameters: dict[str, Any], name: str, value: str) -> None:
    """Add a parameter, which may be there already."""
    if name in parameters:
        before = parameters[name]
        value_list = (
            before if isinstance(before, RepeatedParameter) else RepeatedParameter([before])
        )
        value_list.append(value)
        parameters[name] = value_list
    else:
        parameters[name] = value


async def _json_object(request: Request) -> dict[str, Any]:
    body = await request.body()
    try:
        parsed = parse_plain_json(body.decode("utf-8"), MAX_BODY_DEPTH, "the body")
    except (UnicodeDecodeError, TextError):
        raise RefusalError(400, "Invalid request: the body is not JSON") from None
    if not isinstance(parsed, dict):
        raise RefusalError(400, "Invalid request: the body must be a JSON object")
    return parsed


def required(parameters: Mapping[str, Any], name: str) -> Any:
    """Return a parameter.

    Raises:
        RefusalError: it is missing.
    """
    value = parameters.get(name)
    if value is None:
        raise RefusalError(400, f"Invalid request: missing {name} parameter")
    return value


def text_of(name: str, value: Any) -> str:
    """Return a parameter that must be a text, without halves of surrogate pairs.

    Raises:
        RefusalError: it is none.
    """
    if not isinstance(value, str):
        raise RefusalError(400, f"Invalid request: {name} must be a text")
    if value.isascii():
        return value
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def texts_of(name: str, value: Any) -> list[str]:
    """Return a parameter that is a text or a list of texts, as a list.

    Raises:
        RefusalError: it is neither.
    """
    if isinstance(value, list):
        return [text_of(name, each) for each in value]
    return [text_of(name, value)]


def number_of(name: str, value: Any, low: int, high: int) -> int:
    """Return a parameter that must be a whole number, which may come as a text.

    Raises:
        RefusalError: it is none, or out of range.
    """
    if isinstance(value, str) and value.strip().lstrip("-").isdecimal() and len(value) < 20:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise RefusalError(400, f"Invalid request: {name} must be a whole number")
    if not low <= value <= high:
        raise RefusalError(
            400, f"Invalid request: {name} must be from {low} to {high}, not {value}"
        )
    return value


def share_of(name: str, value: Any) -> float:
    """Return a parameter that must be a number from 0 to 1, which may come as a text.

    Raises:
        RefusalError: it is none.
    """
    try:
        share = float(value) if isinstance(value, str | int | float) else -1.0
    except (ValueError, OverflowError):
        share = -1.0
    if isinstance(value, bool) or not 0 <= share <= 1:
        raise RefusalError(400, f"Invalid request: {name} must be a number from 0 to 1")
    return share


def flag_of(name: str, value: Any) -> bool:
    """Return a parameter that must be true or false.

    Raises:
        RefusalError: it is neither.
    """
    words = {"true": True, "1": True, "false": False, "0": False, True: True, False: False}
    if not isinstance(value, str | bool) or value not in words:
        raise RefusalError(400, f"Invalid request: {name} must be true or false")
    return words[value]


def require_size(texts: Sequence[str], max_texts: int, max_characters: int) -> None:
    """Refuse texts of a request that are too many or too long.

    Raises:
        RefusalError: they are.
    """
    if len(texts) > max_texts:
        raise RefusalError(
            400, f"Invalid request: request ({len(texts)}) exceeds batch limit ({max_texts})"
        )
    characters = sum(map(len, texts))
    if characters > max_characters:
        raise RefusalError(
            400, f"Invalid request: request ({characters}) exceeds text limit ({max_characters})"
        )
