"""Ranges of options: declared with a field, checked by one function, printed in the documentation.

A field of an options dataclass declares its range with its default:

    layers: int = number(1, 1, MAX_LAYERS)  # recurrent layers
    device: str = choice("auto", ("auto", "cpu", "cuda", "mps"))  # hardware to train on

`require_ranges` checks every declared field of an instance; `range_of` returns the text for the
documentation. Every number has an upper bound: far above anything useful, and low enough that one
option alone asks for no more than a large machine has.
"""

import re
import reprlib
from collections.abc import Iterator, Mapping
from dataclasses import Field, dataclass, field, fields
from math import inf
from typing import Any, TypeVar

from seq2seq.errors import ConfigError

T = TypeVar("T")

LONGEST_DURATION = 10 * 365 * 24 * 3600  # seconds: ten years

_REPR = reprlib.Repr()
_REPR.maxstring = _REPR.maxlong = _REPR.maxother = 80


@dataclass(frozen=True)
class NumberRange:
    """The numbers from `low` to `high` that an option accepts, and `also` those beside them."""

    low: float
    high: float
    above: bool = False  # `low` itself is not in the range
    below: bool = False  # `high` itself is not in the range
    also: tuple[float, ...] = ()

    def __contains__(self, value: float) -> bool:
        """Return whether `value` is in the range; NaN never is."""
        over = value > self.low if self.above else value >= self.low
        under = value < self.high if self.below else value <= self.high
        return (over and under) or value in self.also

    def __str__(self) -> str:
        """Return the range in words, as in "from 1 to 64"."""
        also = "".join(f"{plain_number(n)}, or " for n in self.also)
        if self.high == inf:
            return f"{also}{self._low_in_words()}"
        below = f"below {plain_number(self.high)}"
        if self.above:
            end = below if self.below else f"at most {plain_number(self.high)}"
            return f"{also}above {plain_number(self.low)} and {end}"
        end = below if self.below else plain_number(self.high)
        return f"{also}from {plain_number(self.low)} to {end}"

    def requirement(self, value: float) -> str:
        """Return the part of the range that `value` violates, or the full range if it is short."""
        is_nan = value != value  # noqa: PLR0124  # math.isnan overflows for a huge whole number
        if self.also or self.high <= 1 or is_nan:
            return str(self)
        if value > self.low or (value == self.low and not self.above):
            return ("below " if self.below else "at most ") + plain_number(self.high)
        return self._low_in_words()

    def _low_in_words(self) -> str:
        if (self.low == 0 and self.above) or (self.low == 1 and self.high > 1):
            return "positive"
        return f"{plain_number(self.low)} or more"


@dataclass(frozen=True)
class WordChoice:
    """The words that an option accepts; for a list, the words that it may hold, each once."""

    words: tuple[str, ...]

    def __str__(self) -> str:
        """Return the words, as in "auto, cpu or cuda"."""
        return " or ".join([", ".join(self.words[:-1]), self.words[-1]])


@dataclass(frozen=True)
class Duration:
    """A time as text: a number and a unit, as in 90s, 10m or 1.5h."""

    def __str__(self) -> str:
        """Return the form in words."""
        return "a number and s, m or h, as in 10m"


def plain_number(number: float) -> str:
    """Return `number` as a person types it: 1000000 as it is, 10 to the 9th as 1e9."""
    if number == 2**63 - 1:
        return "2^63 - 1"
    if abs(number) >= 1e7 and number != inf:
        return re.sub(r"e\+0*", "e", f"{number:g}")
    return f"{number:g}" if isinstance(number, float) and number < 1e5 else f"{number:.0f}"


def number(
    default: T,
    low: float,
    high: float,
    *,
    above: bool = False,
    below: bool = False,
    also: tuple[float, ...] = (),
) -> T:
    """Return a dataclass field of a number with its default and its range (see `Range`)."""
    return _declared(default, NumberRange(low, high, above, below, also))


def choice(default: T, words: tuple[str, ...]) -> T:
    """Return a dataclass field of one of `words`."""
    return _declared(default, WordChoice(words))


def choices(default: tuple[str, ...], words: tuple[str, ...]) -> list[str]:
    """Return a dataclass field of a list of some of `words`."""
    declared: Any = field(
        default_factory=lambda: list(default), metadata={"range": WordChoice(words)}
    )
    return declared  # type: ignore[no-any-return]


def optional_choices(words: tuple[str, ...]) -> list[str] | None:
    """Return a dataclass field of a list of some of `words`, or null, the default."""
    return _declared(None, WordChoice(words))


def duration(default: T) -> T:
    """Return a dataclass field of a duration, as `parse_duration` reads it."""
    return _declared(default, Duration())


def _declared(default: T, range_: object) -> T:
    # The type is that of the default: dataclasses replace the field by its default.
    declared: Any = field(default=default, metadata={"range": range_})
    return declared  # type: ignore[no-any-return]


def range_of(declared: "Field[Any]") -> NumberRange | WordChoice | Duration | None:
    """Return the range that a dataclass field declares, or None."""
    declared_range: NumberRange | WordChoice | Duration | None = declared.metadata.get("range")
    return declared_range


def require_ranges(path: str, options: Any) -> None:
    """Check every field of the dataclass instance `options` that declares a range.

    Args:
        path: prefix of the option names: "train.", or "" at the top.
        options: the instance.

    Raises:
        ConfigError: a value is out of its range; None never is.
    """
    for declared in fields(options):
        value = getattr(options, declared.name)
        for element in value if isinstance(value, list) else [value]:
            require_in(f"{path}{declared.name}", element, range_of(declared))


def require_in(option: str, value: Any, range_: NumberRange | WordChoice | Duration | None) -> None:
    """Refuse a `value` that is not in `range_`; without a range, or for None, nothing is checked.

    Raises:
        ConfigError: the value is out of its range.
    """
    if value is None or range_ is None:
        return
    if isinstance(range_, NumberRange):
        require(option, value, value in range_, range_.requirement(value))
    elif isinstance(range_, WordChoice):
        require_one_of(option, value, range_.words)
    else:
        parse_duration(value, option)


def numbers_in(value: object, option: str) -> Iterator[tuple[str, int | float]]:
    """Yield every number in `value`, a number or a list or mapping of numbers, with its path."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield option, value
    elif isinstance(value, list):
        for index, element in enumerate(value):
            yield from numbers_in(element, f"{option}[{index}]")
    elif isinstance(value, Mapping):
        for name, element in value.items():
            yield from numbers_in(element, f"{option}.{name}")


def parse_duration(text: str, option: str = "") -> float:
    """Return a duration in seconds: a number and a unit, as in 90s, 10m, 1.5h.

    Args:
        text: the duration as it was typed.
        option: the name of the option that holds it, for the message.

    Raises:
        ConfigError: `text` is not of that form, not positive, or longer than ten years.
    """
    match = re.fullmatch(r"(\d{1,12}(?:\.\d{1,12})?)([smh])", text, re.ASCII)
    seconds = float(match[1]) * {"s": 1, "m": 60, "h": 3600}[match[2]] if match else 0.0
    if not 0 < seconds <= LONGEST_DURATION:
        form = "a duration is a number and one of s, m, h, as in 10m, up to ten years"
        raise ConfigError(f"{option}{': ' if option else ''}{form}, not {shortened(text)}")
    return seconds


def shortened(value: object) -> str:
    """Return the `repr` of a value, cut where it is long: a message is one readable line."""
    return _REPR.repr(value)


def require(option: str, value: object, is_valid: bool, range_: str) -> None:
    """Refuse `value`, naming the option and its range, unless `is_valid`.

    Raises:
        ConfigError: `is_valid` is false.
    """
    if not is_valid:
        typed = shortened(value)
        if isinstance(value, str):
            typed = typed[1:-1]  # without its quotes
        raise ConfigError(f"{option} must be {range_}, not {typed}")


def require_one_of(option: str, value: str, choices: tuple[str, ...]) -> None:
    """Refuse a `value` that is none of `choices`."""
    require(option, value, value in choices, "one of " + ", ".join(choices))


def require_some_of(option: str, values: list[str], choices: tuple[str, ...]) -> None:
    """Refuse `values` that are none of `choices`, are given twice, or are no values at all."""
    wrong = next((value for value in values if value not in choices), None if values else "none")
    require(option, wrong, wrong is None, "some of " + ", ".join(choices))
    twice = next((value for value in set(values) if values.count(value) > 1), None)
    require(option, twice, twice is None, "a list of different names, each given once")
