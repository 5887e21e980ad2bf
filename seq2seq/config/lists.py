"""Options that are one value or a list of them."""

from typing import Any


def as_list(value: Any) -> list[Any]:
    """Return the values of an option that is one value, a list of them, or None for none."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
