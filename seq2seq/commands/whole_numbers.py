"""Whole numbers of the command line that are written with an exponent, such as 1e7."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import is_dataclass
from decimal import Decimal
from typing import get_args, get_type_hints

# At most three digits of an exponent: a number of a billion digits would fill the memory.
EXPONENT = re.compile(r"([+~\w.]+)=([+-]?[0-9]{1,20}(?:\.[0-9]{0,20})?[eE]\+?[0-9]{1,3})", re.ASCII)


def expand_exponents(words: Sequence[str], keys: Collection[str]) -> list[str]:
    """Return overrides in which the whole numbers of `keys` have no exponent.

    Hydra reads 1e7 as a float, which is no whole number to OmegaConf.

    Args:
        words: KEY=VALUE and other overrides, which stay as they are.
        keys: the options that are whole numbers.
    """
    return [_expanded(word, keys) for word in words]


def _expanded(word: str, keys: Collection[str]) -> str:
    match = EXPONENT.fullmatch(word)
    if not match or match[1].lstrip("+") not in keys:
        return word
    number = Decimal(match[2])
    is_whole = number == number.to_integral_value()
    return f"{match[1]}={number.to_integral_value():f}" if is_whole else word


def whole_number_keys(schema: type, prefix: str = "") -> Iterator[str]:
    """Yield the dotted keys of the options of `schema` that are whole numbers, or may be null."""
    for name, kind in get_type_hints(schema).items():
        if is_dataclass(kind) and isinstance(kind, type):
            yield from whole_number_keys(kind, f"{prefix}{name}.")
        elif kind is int or int in get_args(kind):
            yield f"{prefix}{name}"
