r"""Quoting of text for OmegaConf, for Hydra, and for a POSIX shell.

Three parsers read a command line one after the other, each with special characters of its own:
the shell, the parser of Hydra's overrides, and OmegaConf, for which `${` begins an interpolation,
inside quotes as well.
"""

import re
import shlex
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, Quote, QuotedString
from hydra.errors import HydraException

_PARSER = OverridesParser.create()


def read_override(word: str) -> Override:
    """Parse `word`, which is KEY=VALUE or ~KEY, as Hydra does.

    Raises:
        HydraException: the text is not in Hydra's syntax.
    """
    try:
        return _PARSER.parse_override(word)
    except (ValueError, RecursionError) as error:  # thousands of digits or of brackets
        raise HydraException(str(error)) from error


def escape_interpolations(text: str) -> str:
    r"""Escape each `${` of `text` as `\${`, so that OmegaConf resolves it to `text`."""
    return re.sub(r"(\\*)\$\{", r"\1\1\\${", text)


def escape_all_interpolations(node: Any) -> Any:
    """Escape the interpolations of all texts in a container that has been resolved.

    Otherwise a configuration made from the container would resolve them a second time.
    """
    if isinstance(node, dict):
        return {key: escape_all_interpolations(child) for key, child in node.items()}
    if isinstance(node, list):
        return [escape_all_interpolations(child) for child in node]
    return escape_interpolations(node) if isinstance(node, str) else node


def quote_for_hydra(text: str) -> str:
    """Quote `text` as a string of Hydra. OmegaConf still resolves interpolations in it."""
    return QuotedString(text, Quote.double).with_quotes()


def quote_value(text: str) -> str:
    """Quote `text` as the value of an override, which then means exactly `text`.

    The exception is `???`: in OmegaConf, every form of it stands for a missing value.
    """
    return quote_for_hydra(escape_interpolations(text))


def quote_argument(argument: str) -> str:
    """Quote `argument` for a POSIX shell, so that a command receives exactly it.

    In KEY=VALUE, the option KEY gets VALUE as text: it is quoted for Hydra too if Hydra's parser
    would not read exactly VALUE.
    """
    key, equals, value = argument.partition("=")
    if equals and _is_key(key) and not _is_plain(value):
        argument = f"{key}={quote_value(value)}"
    return shlex.quote(argument)


def _is_key(key: str) -> bool:
    try:
        return bool(read_override(f"{key}=").key_or_group)
    except HydraException:
        return False


def _is_plain(value: str) -> bool:
    """Return whether Hydra and OmegaConf read an unquoted `value` as exactly this text."""
    try:
        return "${" not in value and bool(read_override(f"key={value}").value() == value)
    except HydraException:
        return False
