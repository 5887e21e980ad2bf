r"""Text as a command takes it: quoted for OmegaConf, for Hydra, and for a POSIX shell.

Three readers come one after the other, each with characters of its own: the shell, the parser of
Hydra's overrides, and OmegaConf, to which `${` begins an interpolation, inside quotes as well.
"""

import re
import shlex
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, Quote, QuotedString
from hydra.errors import HydraException

_PARSER = OverridesParser.create()


def read_override(word: str) -> Override:
    """What Hydra's parser reads in `word`, which is KEY=VALUE or ~KEY.

    Raises:
        HydraException: it is not Hydra's syntax.
    """
    try:
        return _PARSER.parse_override(word)
    except (ValueError, RecursionError) as error:  # thousands of digits, of brackets
        raise HydraException(str(error)) from error


def escape_interpolations(text: str) -> str:
    r"""`text` as OmegaConf resolves it to `text`: each `${` escaped, as `\${`."""
    return re.sub(r"(\\*)\$\{", r"\1\1\\${", text)


def escape_all_interpolations(node: Any) -> Any:
    """A container in which no text has an interpolation; for one that has been resolved.

    Without this, a configuration that is made of it would resolve a second time.
    """
    if isinstance(node, dict):
        return {key: escape_all_interpolations(child) for key, child in node.items()}
    if isinstance(node, list):
        return [escape_all_interpolations(child) for child in node]
    return escape_interpolations(node) if isinstance(node, str) else node


def quote_for_hydra(text: str) -> str:
    """`text` as a quoted string of Hydra. OmegaConf still resolves interpolations in it."""
    return QuotedString(text, Quote.double).with_quotes()


def quote_value(text: str) -> str:
    """`text` as the value of an override, which then means exactly `text`, whatever is in it.

    Except for `???`, of which OmegaConf has no form that does not stand for a missing value.
    """
    return quote_for_hydra(escape_interpolations(text))


def quote_argument(argument: str) -> str:
    """`argument` as it is typed in a POSIX shell, for a command to receive exactly it.

    Where it is KEY=VALUE, the option KEY gets VALUE as text: it is quoted for Hydra too where
    Hydra's parser alone would not read exactly VALUE.
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
    """Whether Hydra and OmegaConf read `value`, as it stands, as exactly this text."""
    try:
        return "${" not in value and bool(read_override(f"key={value}").value() == value)
    except HydraException:
        return False
