"""Checks of the values of options, each a `ConfigError` in one line."""

import re

from seq2seq.errors import ConfigError


def parse_duration(duration: str) -> float:
    """`duration` in seconds: a number and a unit, as in 90s, 10m, 1.5h.

    Raises:
        ConfigError: it is not of that form, or is not positive.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh])", duration)
    if not match or float(match[1]) == 0:
        raise ConfigError(f"a duration is a number and one of s, m, h, as in 10m, not {duration!r}")
    return float(match[1]) * {"s": 1, "m": 60, "h": 3600}[match[2]]


def require(option: str, value: object, right: bool, range_: str) -> None:
    """Refuse `value`, naming the option and its range, unless `right`."""
    if not right:
        raise ConfigError(f"{option} must be {range_}, not {value}")


def require_one_of(option: str, value: str, choices: tuple[str, ...]) -> None:
    """Refuse a `value` that is none of `choices`."""
    require(option, value, value in choices, "one of " + ", ".join(choices))


def require_some_of(option: str, values: list[str], choices: tuple[str, ...]) -> None:
    """Refuse `values` that are none of `choices`, or no values at all."""
    wrong = next((value for value in values if value not in choices), None if values else "none")
    require(option, wrong, wrong is None, "some of " + ", ".join(choices))
