"""Pairs of an opening and a closing span: tags by their names, markers of Markdown."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from seq2seq.text.spans.rules import Span
from seq2seq.text.spans.tags import tag_name


class _Role(NamedTuple):
    """Part of a span in a pair; `key` is equal on both sides."""

    key: str
    can_open: bool
    can_close: bool


def pair_tags(spans: Sequence[Span]) -> dict[int, int]:
    """Pair opening with closing spans, well-nested.

    A closing span takes the nearest opening one of its name; what was opened between the two and
    not closed stands alone, as does a closing span with nothing to close.

    Returns:
        From the index of an opening span in `spans` to that of its closing one.
    """
    pairs: dict[int, int] = {}
    stack: list[tuple[int, str]] = []
    opened: Counter[str] = Counter()
    for index, span in enumerate(spans):
        role = _role(span)
        if role is None:
            continue
        if role.can_close and opened[role.key]:
            while stack:
                opening, key = stack.pop()
                opened[key] -= 1
                if key == role.key:
                    pairs[opening] = index
                    break
        elif role.can_open:
            stack.append((index, role.key))
            opened[role.key] += 1
    return dict(sorted(pairs.items()))


def _role(span: Span) -> _Role | None:
    """Return the part that a span has in a pair; None: it stands alone."""
    if span.kind == "tag":
        tag = tag_name(span.text)
        if tag is None or not span.text.startswith("<"):
            return None
        return _Role(f"<{tag.name}>", not tag.is_closing, tag.is_closing)
    if span.kind == "markup":
        if span.text.endswith(("[", "]", ")")):
            is_opening = span.text in ("[", "![")
            return _Role("[]", is_opening, not is_opening)
        return _Role(span.text, True, True)  # a marker of emphasis: equal on both sides
    return None
