"""Masked lines: a numbered symbol stands for each span, and comes back as the span's text."""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from seq2seq.text.spans.rules import Span

LITERAL = "literal"  # the kind of text that looks like a symbol in the line itself


class MaskedLine(NamedTuple):
    """A line with symbols, and the spans that they stand for: `symbol(i)` for `spans[i]`."""

    line: str
    spans: list[Span]


def mask(
    line: str,
    spans: Sequence[Span],
    symbol: Callable[[int], str],
    numbers: Sequence[int] | None = None,
) -> MaskedLine:
    """Replace each span by a symbol.

    Text that looks like one of the symbols is masked, too, as a span of kind `LITERAL`, so that
    `unmask` of the result is `line`. It gets the numbers after those of `spans`.

    Args:
        line: any text.
        spans: of `line`, sorted, without overlap.
        symbol: the text of a number from 0 on: of private-use characters, or in brackets that
            symbols hold at their ends only, so that no symbol forms where others meet text.
        numbers: of each span, each of 0 to len(spans) - 1 once; None: in order. With them the two
            sides of a pair give equal spans equal numbers.

    Raises:
        ValueError: `numbers` are not such, a symbol is empty, or symbols form from their
            neighbours.
    """
    order = list(range(len(spans))) if numbers is None else list(numbers)
    if sorted(order) != list(range(len(spans))):
        raise ValueError(f"numbers must be 0 to {len(spans) - 1}, each once, not {order}")
    numbered = [*zip(order, spans, strict=True), *_literals(line, spans, symbol)]
    parts, end = [], 0
    for number, span in sorted(numbered, key=lambda item: item[1].start):
        parts += [line[end : span.start], symbol(number)]
        end = span.end
    masked = "".join([*parts, line[end:]])
    by_number = [span for _, span in sorted(numbered)]
    if unmask(masked, by_number, symbol) != line:
        raise ValueError(f"symbols as {symbol(0)!r} form from text beside them; use brackets")
    return MaskedLine(masked, by_number)


def unmask(masked: str, spans: Sequence[Span], symbol: Callable[[int], str]) -> str:
    """Replace each symbol of `spans` by the span's text, wherever and how often it occurs."""
    if not spans:
        return masked
    texts = {symbol(number): span.text for number, span in enumerate(spans)}
    return _pattern(tuple(texts)).sub(lambda match: texts[match[0]], masked)


def _pattern(symbols: Sequence[str]) -> re.Pattern[str]:
    """Compile the search for symbols, the longest first."""
    if not all(symbols):
        raise ValueError("a symbol is empty")
    return re.compile("|".join(map(re.escape, sorted(symbols, key=len, reverse=True))))


def _literals(
    line: str, spans: Sequence[Span], symbol: Callable[[int], str]
) -> list[tuple[int, Span]]:
    """Return numbered spans of the text outside `spans` that looks like a symbol in use."""
    count = len(spans)
    while count:
        pattern = _pattern([symbol(number) for number in range(count)])
        literals = []
        gap_starts = [0, *(span.end for span in spans)]
        gap_ends = [*(span.start for span in spans), len(line)]
        for start, end in zip(gap_starts, gap_ends, strict=True):
            for match in pattern.finditer(line, start, end):
                literals.append(Span(match.start(), match.end(), LITERAL, match[0]))
        if len(spans) + len(literals) <= count:
            return list(enumerate(literals, start=len(spans)))
        count = len(spans) + len(literals)
    return []
