"""Numbers with a noun, in messages."""


def counted(count: int, noun: str) -> str:
    """Return the number with the noun in singular or plural, as in "1 line" or "2,000 lines"."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
