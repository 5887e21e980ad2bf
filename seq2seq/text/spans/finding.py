"""Search for the spans of a line that stay as they are."""

import re
from collections.abc import Callable, Iterable

from seq2seq.text.spans.addresses import find_emails, find_urls
from seq2seq.text.spans.characters import WORD
from seq2seq.text.spans.emoji import find_emoji
from seq2seq.text.spans.identifiers import find_identifiers
from seq2seq.text.spans.markup import find_code, find_markup
from seq2seq.text.spans.numbers import find_numbers
from seq2seq.text.spans.paths import find_paths
from seq2seq.text.spans.placeholders import find_placeholders
from seq2seq.text.spans.rules import KINDS, Span, SpanRules
from seq2seq.text.spans.tags import find_tags

FINDERS: dict[str, Callable[[str], Iterable[tuple[int, int]]]] = {
    "code": find_code,
    "url": find_urls,
    "email": find_emails,
    "tag": find_tags,
    "placeholder": find_placeholders,
    "path": find_paths,
    "identifier": find_identifiers,
    "number": find_numbers,
    "emoji": find_emoji,
}

# What a line with a span of a kind has at least: most lines lack it, and are not searched further.
# Expressions that begin with a set of characters are several times as fast as those that do not.
HINTS = {
    "code": re.compile("`"),
    "url": re.compile(rf":|\.[{WORD}]"),
    "email": re.compile("@"),
    "tag": re.compile("[<>&]"),
    "placeholder": re.compile("[{%$_:](?:(?<=[{%$])|(?<=_)_|(?<=:)[a-z])"),
    "markup": re.compile(r"[*\[_~](?:(?<=[*\[])|(?<=_)_|(?<=~)~)"),
    "path": re.compile(r"[/\\.](?:(?<=[/\\])|[a-z])"),
    # Characters of code; a digit beside a letter or a hyphen; half a UUID, two hyphens or an arrow;
    # a capital in a word; two colons; a call.
    "identifier": re.compile(
        r"[_#@\dA-Z:(-](?:(?<=[_#@])|(?<=\d)(?:(?<=[^\W\d].)|[a-fxX])"
        r"|(?<=-)(?:[-\d>]|(?<=[0-9A-Fa-f]{8}.))|(?<=[A-Z])(?<=[a-z].)|(?<=:):|(?<=\()\))"
    ),
    "number": re.compile(r"\d"),
    "emoji": re.compile("[:\u00a9\u00ae\u2030-\U0010ffff](?:(?<!:)|[a-z])"),
}

_HIDES_MARKUP = frozenset({"custom", "code", "url", "email", "tag", "placeholder", "path"})


_PRIORITY = {kind: priority for priority, kind in enumerate(KINDS)}


def find_spans(line: str, rules: SpanRules) -> list[Span]:
    """Find the spans of a line that a translation holds unchanged.

    A user's expressions win. Of the rest a span within a longer one gives way to it, as a URL in
    a tag; where two overlap otherwise, the first kind of `KINDS` wins, then the longer span, then
    the first.

    Returns:
        Spans that do not overlap, sorted; none is empty.
    """
    candidates = _candidates(line, rules)
    if len(candidates) < 2:
        return candidates
    inner = _find_inner(candidates)

    def order(span: Span) -> tuple[bool, int, int, int]:
        return span in inner, _PRIORITY[span.kind], span.start - span.end, span.start

    taken = bytearray(len(line))
    spans = []
    for span in sorted(candidates, key=order):
        if 1 not in taken[span.start : span.end]:
            taken[span.start : span.end] = b"\1" * (span.end - span.start)
            spans.append(span)
    return sorted(spans)


def _candidates(line: str, rules: SpanRules) -> list[Span]:
    """Return the spans of each kind, whatever overlaps."""

    def spans(kind: str, ranges: Iterable[tuple[int, int]]) -> list[Span]:
        return [Span(start, end, kind, line[start:end]) for start, end in ranges]

    candidates: list[Span] = []
    if "custom" in rules.kinds:
        candidates += spans("custom", rules.expressions.find(line))
    if "word" in rules.kinds:
        candidates += spans("word", rules.words.find(line))
    for kind, find in FINDERS.items():
        if kind in rules.kinds and HINTS[kind].search(line):
            candidates += spans(kind, find(line))
    if "markup" in rules.kinds and HINTS["markup"].search(line):
        hidden = [span for span in candidates if span.kind in _HIDES_MARKUP]
        candidates += spans("markup", find_markup(_replace_by_letters(line, hidden)))
    return candidates


def _replace_by_letters(line: str, spans: Iterable[Span]) -> str:
    """Return `line` with a letter for each character of `spans`."""
    characters = list(line)
    for start, end, _, _ in spans:
        characters[start:end] = "x" * (end - start)
    return "".join(characters)


def _find_inner(candidates: Iterable[Span]) -> set[Span]:
    """Return the spans that lie within a longer one, but those of the user's expressions."""
    inner = set()
    outer_start, outer_end = -1, -1
    for span in sorted(candidates, key=lambda span: (span.start, -span.end)):
        if span.kind == "custom":
            continue
        if span.end > outer_end:
            outer_start, outer_end = span.start, span.end
        elif (span.start, span.end) != (outer_start, outer_end):
            inner.add(span)
    return inner
