"""Values of options on the command line: text, or Hydra's syntax."""

import os
import re
from dataclasses import dataclass, replace

from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from omegaconf import OmegaConf
from omegaconf.errors import GrammarParseError

from seq2seq.config.literals import quote_for_hydra, quote_value, read_override

_FUNCTION = re.compile(r"(choice|range|interval|glob|sort|shuffle|tag|int|float|str|bool)\s*\(")


@dataclass(frozen=True)
class Reading:
    """The syntax that the value of an option may have."""

    is_text: bool  # a text option: a value that is not evidently Hydra's syntax is taken literally
    is_path: bool  # ~ at its beginning is a home folder
    is_multirun: bool  # a comma is between the values of several runs


def quote_typed(value: str, reading: Reading) -> str:
    """Quote `value` for Hydra where it is text.

    Raises:
        HydraException: `value` is evidently meant as Hydra's syntax, but is not valid.
    """
    try:
        read = read_override(f"key={value}")
    except HydraException as error:
        return _quote_unread(value, reading, error)
    if not reading.is_text or _is_syntax(value, read, reading.is_multirun):
        return value
    return _quote_text(value, reading)


def expand_home(value: str) -> str:
    """Replace ~ or ~USER at the beginning of `value` by a home folder, if there is such a user."""
    return os.path.expanduser(value)  # noqa: PTH111 - Path's drops a slash at the end


def is_container(text: str) -> bool:
    """Return whether all of `text` is meant as a list or a mapping; `[1] and more` is not."""
    if not text.startswith(("[", "{")):
        return False
    if any(text.count(start) != text.count(end) for start, end in ("[]", "{}")):
        return True
    depth = 0
    for position, char in enumerate(text, 1):
        depth += (char in "[{") - (char in "]}")
        if depth == 0:
            return position == len(text)
    return True


def _is_syntax(value: str, read: Override, multirun: bool) -> bool:
    """Return whether `value` of a text option is meant as Hydra's syntax; Hydra parses `read`."""
    if read.is_sweep_override():
        return multirun
    if read.value() is None or value.lstrip(" \t").startswith(("[", "{", "'", '"')):
        return True
    if multirun and "\\" in value:  # a comma that separates no runs has a backslash before it
        return True
    return bool(read.value() == value) and ("${" not in value or _interpolates(value))


def _quote_unread(value: str, reading: Reading, error: HydraException) -> str:
    """Quote a `value` that Hydra refuses: as text, or element by element.

    Raises:
        HydraException: `value` is evidently meant as Hydra's syntax, but is not valid.
    """
    element = replace(reading, is_text=False)
    stripped, runs = value.strip(" \t"), _split_elements(value) if reading.is_multirun else [value]
    if len(runs) > 1:
        quoted = ",".join(quote_typed(run, element) for run in runs)
    elif is_container(stripped):
        parts = _split_elements(stripped[1:-1]) if re.fullmatch(r"(?s)\[.*\]", stripped) else []
        if not parts:
            raise error
        quoted = f"[{','.join(quote_typed(part, element) for part in parts)}]"
    elif reading.is_multirun and (_FUNCTION.match(stripped) or ("," in value and not runs)):
        raise error
    else:
        return _quote_text(value, reading)
    read_override(f"key={quoted}")
    return quoted


def _split_elements(text: str) -> list[str]:
    """Split `text` at its outermost commas; the list is empty where brackets are unbalanced."""
    parts, depth, quote = [""], 0, ""
    for char in text:
        escaped = parts[-1].endswith("\\")
        if char == "," and not (depth or quote or escaped):
            parts.append("")
            continue
        if quote:
            quote = "" if char == quote and not escaped else quote
        elif char in "'\"" and not parts[-1].strip():  # an apostrophe within a word is no quote
            quote = char
        else:
            depth += (char in "[{(") - (char in "]})")
        parts[-1] += char
        if depth < 0:
            return []
    return [] if depth or quote else [part.strip() for part in parts]


def _quote_text(value: str, reading: Reading) -> str:
    text = expand_home(value) if reading.is_path else value
    return quote_for_hydra(text) if _interpolates(text) else quote_value(text)


def _interpolates(text: str) -> bool:
    """Return whether OmegaConf can parse every `${` in `text`; otherwise all is text."""
    try:
        OmegaConf.create([text])
    except GrammarParseError:
        return False
    return True
