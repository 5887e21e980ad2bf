"""JSON from strangers as plain data, bounded in size and depth."""

import json
import re
from collections.abc import Iterator
from math import isinf
from pathlib import Path
from typing import Any, NoReturn

from seq2seq.errors import TextError
from seq2seq.storage.regular import decode, escaped, open_regular, quoted, read_regular

MAX_NUMBER = 1000  # characters of a number; Python itself takes quadratic time for more
# A string, closed or not, or a bracket outside strings. It does not backtrack: time is linear.
_STRING_OR_BRACKET = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]', re.DOTALL)


def read_plain_json(path: Path, max_bytes: int = 2**22, max_depth: int = 50) -> dict[str, Any]:
    """Read the JSON object of a file.

    Raises:
        TextError: the file is no regular file, too large, too deep, not JSON, or no object.
    """
    value = parse_plain_json(read_regular(path, max_bytes), max_depth, str(path))
    if not isinstance(value, dict):
        raise TextError(f"{path} must hold a JSON object, {{...}}")
    return value


def read_plain_json_lines(
    path: Path, max_line_bytes: int = 2**20, max_depth: int = 50
) -> Iterator[Any]:
    """Yield the values of a file of JSON lines; one line at a time is in memory.

    Raises:
        TextError: the file is no regular file, or a line is too long, too deep, or not JSON.
    """
    with open_regular(path) as file:
        lines = iter(lambda: file.readline(max_line_bytes + 1), b"")
        for number, line in enumerate(lines, 1):
            location = f"{path}, line {number}"
            if len(line) > max_line_bytes:
                raise TextError(
                    f"{location} is too long: it may have {max_line_bytes} bytes at most"
                )
            yield parse_plain_json(decode(line, location).rstrip("\r\n"), max_depth, location)


def parse_plain_json(text: str, max_depth: int, location: str) -> Any:
    """Parse `text` as JSON; messages name `location`, a file and perhaps a line.

    Raises:
        TextError: `text` is not JSON, which has no NaN and no infinity; it has more than
            `max_depth` levels, a number beyond `MAX_NUMBER` characters or the range of floats, or
            half a surrogate pair.
    """
    _require_depth(text, max_depth, location)
    try:
        value = json.loads(text, parse_int=_int, parse_float=_float, parse_constant=_constant)
        if re.search(r"\\u[dD]", text):
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except json.JSONDecodeError as error:
        line = f"line {error.lineno}, " if "\n" in text.rstrip() else ""
        position = f"{location}, {line}column {error.colno}"
        raise TextError(f"{position} is not JSON: {escaped(error.msg)}") from None
    except UnicodeEncodeError:
        raise TextError(f"{location} has half of a surrogate pair, which is no character") from None
    except ValueError as error:
        raise TextError(f"{location}: {error}") from None
    return value


def _require_depth(text: str, max_depth: int, location: str) -> None:
    """Require a bounded depth, since json recurses; brackets in strings do not count."""
    depth = 0
    for match in _STRING_OR_BRACKET.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(match[0], 0)
        if depth > max_depth:
            raise TextError(f"{location} has more than {max_depth} levels of nesting")


def _int(digits: str) -> int:
    _require_short(digits)
    return int(digits)


def _float(digits: str) -> float:
    _require_short(digits)
    if isinf(value := float(digits)):
        raise ValueError(f"{quoted(digits)} is beyond what a float can be")
    return value


def _require_short(digits: str) -> None:
    if len(digits) > MAX_NUMBER:
        raise ValueError(f"{quoted(digits)} has more than {MAX_NUMBER} characters for a number")


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON: a number must be finite")
