"""The value of an option as it was typed: text, or Hydra's syntax."""

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
    """How the value of an option is to be read."""

    text: bool  # a text option: what is not evidently Hydra's syntax is exactly what was typed
    path: bool  # ~ at its beginning is a home folder
    multirun: bool  # a comma is between the values of several runs


def quote_typed(value: str, reading: Reading) -> str:
    """`value` as Hydra is to be given it.

    Raises:
        HydraException: it is evidently meant as Hydra's syntax, but is not.
    """
    try:
        read = read_override(f"key={value}")
    except HydraException as error:
        return _quote_unread(value, reading, error)
    if not reading.text or _is_syntax(value, read, reading.multirun):
        return value
    return _quote_text(value, reading)


def expand_home(value: str) -> str:
    """`value` with the home folder for ~ or ~USER at its beginning, where there is such a user."""
    return os.path.expanduser(value)  # noqa: PTH111 - Path's drops a slash at the end


def is_container(text: str) -> bool:
    """Whether `text` as a whole is meant as a list or a mapping: not so [1] and what follows."""
    if not text.startswith(("[", "{")):
        return False
    if any(text.count(start) != text.count(end) for start, end in ("[]", "{}")):
        return True
    depth = 0
    for place, char in enumerate(text, 1):
        depth += (char in "[{") - (char in "]}")
        if depth == 0:
            return place == len(text)
    return True


def _is_syntax(value: str, read: Override, multirun: bool) -> bool:
    """Whether `read`, which Hydra reads in the `value` of a text option, is what was meant."""
    if read.is_sweep_override():
        return multirun
    if read.value() is None or value.lstrip(" \t").startswith(("[", "{", "'", '"')):
        return True
    if multirun and "\\" in value:  # a comma that is no sweep's has a backslash before it
        return True
    return bool(read.value() == value) and ("${" not in value or _interpolates(value))


def _quote_unread(value: str, reading: Reading, error: HydraException) -> str:
    """`value`, which Hydra refuses, as it accepts it: as text, or element by element.

    Raises:
        HydraException: it is evidently meant as Hydra's syntax, but is not.
    """
    element = replace(reading, text=False)
    stripped, runs = value.strip(" \t"), _split_elements(value) if reading.multirun else [value]
    if len(runs) > 1:
        quoted = ",".join(quote_typed(run, element) for run in runs)
    elif is_container(stripped):
        parts = _split_elements(stripped[1:-1]) if re.fullmatch(r"(?s)\[.*\]", stripped) else []
        if not parts:
            raise error
        quoted = f"[{','.join(quote_typed(part, element) for part in parts)}]"
    elif reading.multirun and (_FUNCTION.match(stripped) or ("," in value and not runs)):
        raise error
    else:
        return _quote_text(value, reading)
    read_override(f"key={quoted}")
    return quoted


def _split_elements(text: str) -> list[str]:
    """What stands between the outermost commas of `text`; nothing where brackets are unbalanced."""
    parts, depth, quote = [""], 0, ""
    for char in text:
        escaped = parts[-1].endswith("\\")
        if char == "," and not (depth or quote or escaped):
            parts.append("")
            continue
        if quote:
            quote = "" if char == quote and not escaped else quote
        elif char in "'\"" and not parts[-1].strip():  # an apostrophe within a word is none
            quote = char
        else:
            depth += (char in "[{(") - (char in "]})")
        parts[-1] += char
        if depth < 0:
            return []
    return [] if depth or quote else [part.strip() for part in parts]


def _quote_text(value: str, reading: Reading) -> str:
    text = expand_home(value) if reading.path else value
    return quote_for_hydra(text) if _interpolates(text) else quote_value(text)


def _interpolates(text: str) -> bool:
    """Whether OmegaConf can read every `${` in `text`; one that it cannot is text."""
    try:
        OmegaConf.create([text])
    except GrammarParseError:
        return False
    return True
