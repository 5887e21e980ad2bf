"""Protected lines: numbered symbols stand for spans in the text that a network reads and writes.

A symbol is a character of a private use area, which a tokenizer keeps as one token. Networks that
are trained on pairs with symbols learn to copy and to place them.
"""

import re
from collections.abc import Sequence
from hashlib import sha256
from itertools import pairwise
from typing import NamedTuple

from seq2seq.text.spans.comparison import spans_in_common
from seq2seq.text.spans.masking import mask, unmask
from seq2seq.text.spans.pairing import pair_tags
from seq2seq.text.spans.rules import Span, SpanRules
from seq2seq.text.special_tokens import MAX_SYMBOLS, SYMBOLS

SYMBOL = re.compile(f"[{SYMBOLS[0]}-{SYMBOLS[-1]}]")


class ProtectedLine(NamedTuple):
    """A line with symbols in place of its spans, and what restores them."""

    text: str
    spans: list[Span]  # `SYMBOLS[i]` stands for `spans[i]`
    closes: list[int]  # for each span the index of the one that it closes, as `</b>` does; or -1
    is_capitals: bool = False  # the line was in capitals, and was recased

    def restore(self, text: str) -> str:
        """Return `text` with the texts of the spans in place of their symbols.

        The text between them is put in capitals if the line was in capitals.
        """
        return unmask(text.upper() if self.is_capitals else text, self.spans, symbol)


def symbol(number: int) -> str:
    """Return the character that stands for span `number`."""
    return chr(ord(SYMBOLS[0]) + number)


def protect(line: str, spans: Sequence[Span], terms: Sequence[Span] = ()) -> ProtectedLine:
    """Replace the spans of a line by symbols, at most `MAX_SYMBOLS` of them.

    A symbol that is in the line itself is a span too, so that any line is restored exactly.

    Args:
        line: any text.
        spans: of the line, sorted.
        terms: more spans, sorted; of the others those that overlap one of them are left out.
    """
    spans = _with_symbols(line, sorted([*outside(spans, terms), *terms]))
    spans = _merge(line, _merge_tagged(line, spans))
    closes = [-1] * len(spans)
    for opening, closing in pair_tags(spans).items():
        closes[closing] = opening
    masked = mask(line, spans, symbol)
    return ProtectedLine(masked.line, masked.spans, closes)


def translated(span: Span, parts: Sequence[Span], text: str) -> Span:
    """Return a span of `text` with what it becomes: `parts` of it have their own translations."""
    made, end = "", span.start
    for part in parts:
        if end <= part.start and part.end <= span.end:
            made += text[end : part.start] + part.text
            end = part.end
    return span._replace(text=made + text[end : span.end])


def as_written(spans: Sequence[Span], text: str) -> list[Span]:
    """Return spans of `text` with the text that they have there."""
    return [span._replace(text=text[span.start : span.end]) for span in spans]


def outside(spans: Sequence[Span], others: Sequence[Span]) -> list[Span]:
    """Return the spans that overlap none of the others."""
    return [
        span
        for span in spans
        if not any(span.start < other.end and other.start < span.end for other in others)
    ]


def protect_pair(source: str, target: str, rules: SpanRules) -> tuple[str, str]:
    """Return a training pair with symbols in place of the spans that both sides share.

    The numbers start at one that depends on the source, so that all symbols are trained alike.
    Symbols that are in the pair already stay; the spans get others.
    """
    common = spans_in_common(source, target, rules).pairs
    if not common:
        return source, target
    first = sha256(source.encode()).digest()[0] % MAX_SYMBOLS
    given = set(SYMBOL.findall(source + target))
    free = [name for name in SYMBOLS[first:] + SYMBOLS[:first] if name not in given]
    common, symbols = common[: len(free)], free[: len(common)]
    if not common:
        return source, target
    sides = zip((source, target), zip(*common, strict=True), strict=True)
    masked = [_replace(line, list(spans), symbols) for line, spans in sides]
    return masked[0], masked[1]


def _replace(line: str, spans: Sequence[Span], symbols: Sequence[str]) -> str:
    parts, end = [], 0
    for span, of_span in sorted(zip(spans, symbols, strict=True)):
        parts += [line[end : span.start], of_span]
        end = span.end
    return "".join([*parts, line[end:]])


def _with_symbols(line: str, spans: list[Span]) -> list[Span]:
    """Return `spans` and a span for each symbol of the line that is in none of them."""
    literal = [
        Span(match.start(), match.end(), "literal", match[0])
        for match in SYMBOL.finditer(line)
        if not any(span.start <= match.start() < span.end for span in spans)
    ]
    return sorted([*spans, *literal])


def _merge_tagged(line: str, spans: list[Span]) -> list[Span]:
    """Merge a pair of tags with what it encloses where that is spans alone, one or more.

    Their one symbol cannot be torn apart: the tags are around these spans in each translation.
    """
    merged: list[Span] = []
    pairs, index = pair_tags(spans), 0
    while index < len(spans):
        last = pairs.get(index, index)
        inside = [line[a.end : b.start] for a, b in pairwise(spans[index : last + 1])]
        if last - index > 1 and not any(text.strip() for text in inside):
            start, end = spans[index].start, spans[last].end
            merged.append(Span(start, end, "merged", line[start:end]))
            index = last + 1
        else:
            merged.append(spans[index])
            index += 1
    return merged


def _merge(line: str, spans: list[Span]) -> list[Span]:
    """Merge neighbours with the least text between them until there are `MAX_SYMBOLS` spans."""
    spans = list(spans)
    while len(spans) > MAX_SYMBOLS:
        gaps = [after.start - before.end for before, after in pairwise(spans)]
        index = gaps.index(min(gaps))
        start, end = spans[index].start, spans[index + 1].end
        spans[index : index + 2] = [Span(start, end, "merged", line[start:end])]
    return spans
