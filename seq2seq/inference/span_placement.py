"""Insertion of the spans of a source into a translation that was made without them.

A span stands behind the target word that is aligned with the source word before it. A pair of tags
encloses the target words that are aligned with what it enclosed, from the first to the last.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from seq2seq.text.spans.characters import stands_without_blank
from seq2seq.text.spans.pairing import pair_tags
from seq2seq.text.spans.rules import Span
from seq2seq.text.words import Range, find_words

_WORD = re.compile(r"\w+(?:['\u2019]\w+)*|.")  # a compound with hyphens has several parts
_CLOSING = ",.;:!?)]}\u3001\u3002\u060c"  # punctuation that follows a word without a blank
MIN_NAME = 3  # letters of a name that begins a compound word
MAX_DEPTH = 100  # of nested pairs; of deeper ones each tag is a span by itself


class StrippedText(NamedTuple):
    """A text without its spans, and the positions in it at which they were."""

    text: str
    positions: list[int]


class _Node(NamedTuple):
    """A span, or a pair of spans, with what it encloses."""

    opening: int
    closing: int | None = None
    children: Sequence["_Node"] = ()


class _Placed(NamedTuple):
    """A node with the range of the translation that it encloses; that of one span is empty."""

    start: int
    end: int
    node: _Node
    children: Sequence["_Placed"]


def find_parts(text: str) -> list[Range]:
    """Return the ranges of words without punctuation, and of each punctuation character."""
    letters = "".join("x" if unicodedata.category(c)[0] == "M" else c for c in text)
    return [
        (start + match.start(), start + match.end())
        for start, end in find_words(text)
        for match in _WORD.finditer(letters[start:end])
    ]


def remove_spans(source: str, spans: Sequence[Span]) -> StrippedText:
    """Return `source` without its spans, and without the blanks that would be left over."""
    starts = [0, *(span.end for span in spans)]
    ends = [*(span.start for span in spans), len(source)]
    parts = [source[start:end] for start, end in zip(starts, ends, strict=True)]
    text, positions = parts[0], []
    for part in parts[1:]:
        positions.append(len(text))
        if not text or text[-1].isspace():
            part = part.lstrip()
        if part and part[0] in _CLOSING:
            text = text.rstrip()
        elif part and text and part[0].isalnum() and text[-1].isalnum():
            text += " "
        text += part
    text = text.rstrip()
    return StrippedText(text, [min(position, len(text)) for position in positions])


def relative_weights(source: Sequence[Range], target: Sequence[Range]) -> Tensor:
    """Return weights (V, W) of words by their positions: one at the same relative position."""

    def middles(words: Sequence[Range]) -> Tensor:
        length = max((end for _, end in words), default=1)
        return torch.tensor([(start + end) / 2 / length for start, end in words])

    return 1 - (middles(target).unsqueeze(1) - middles(source).unsqueeze(0)).abs()


class SpanPlacer:
    """Places the spans of one source in one of its translations."""

    def __init__(self, source: str, spans: Sequence[Span], text: str, weights: Tensor) -> None:
        """Place `spans` by the attention of the parts of texts.

        Args:
            source: with its spans.
            spans: sorted.
            text: the translation of the source without spans.
            weights: (V, W) of the parts of `text` and of the source without spans.
        """
        self.source, self.spans, self.text = source, spans, text
        stripped = remove_spans(source, spans)
        parts = find_parts(stripped.text)
        self.target = find_parts(text)
        self.source_words = [stripped.text[start:end] for start, end in parts]
        self.target_words = [text[start:end] for start, end in self.target]
        # Where attention has no preference, relative positions decide.
        self.weights = weights + 1e-3 * relative_weights(parts, self.target)
        # For each span the number of parts of the source before it.
        self.before = [sum(start < at for start, _ in parts) for at in stripped.positions]
        self.placed = [self._placed(node) for node in _tree(spans)]

    def render(self, text: str, is_spaced: bool = False) -> str:
        """Return a text with the spans.

        Args:
            text: the translation, or one of the same length.
            is_spaced: put blanks around each span; else as in the source.
        """
        writer = _Writer(self.source, is_spaced)
        self._render(writer, text, self.placed, 0, len(text))
        return writer.text.strip(" ")

    def _render(
        self, writer: "_Writer", text: str, placed: Sequence[_Placed], start: int, end: int
    ) -> None:
        """Write text[start:end] with what is placed in it, in order and without crossing."""
        for each in sorted(placed, key=lambda each: (each.start, each.node.opening)):
            first = min(max(each.start, start), end)
            last = min(max(each.end, first), end)
            while first < last and text[first].isspace():  # its start was moved
                first += 1
            writer.write_text(text[start:first])
            is_around = first < last  # a pair around words: blanks are those of the translation
            writer.write_span(self.spans[each.node.opening], is_around)
            if each.node.closing is not None:
                self._render(writer, text, each.children, first, last)
                writer.write_span(self.spans[each.node.closing], is_around)
            start = last
        writer.write_text(text[start:end])

    def _placed(self, node: _Node) -> _Placed:
        children = [self._placed(child) for child in node.children]
        start = end = self._anchor(node.opening)
        if node.closing is not None:
            content = range(self.before[node.opening], self.before[node.closing])
            if rows := self._aligned(content):
                start, end = self.target[rows[0]][0], self.target[rows[-1]][1]
                end = self._end_of_name(content, start, end)
            for child in children:
                if child.end > child.start:
                    start, end = min(start, child.start), max(end, child.end)
        return _Placed(start, end, node, children)

    def _anchor(self, index: int) -> int:
        """Return the position behind the target part aligned with the source part before a span."""
        if not self.before[index] or not self.target:
            return 0
        return self.target[int(self.weights[:, self.before[index] - 1].argmax())][1]

    def _aligned(self, content: range) -> range:
        """Return the consecutive target parts that are aligned with a range of source parts.

        They are those that the source has, where they are as often in the translation, as names
        are: the first there is the first here.
        Else they are the parts with the most weight: inside of the content beyond one half.
        """
        if not content or not self.target:
            return range(0)
        words = [self.source_words[index] for index in content]
        found = _occurrences(words, self.target_words)
        own = _occurrences(words, self.source_words)
        if len(found) == len(own):
            start = found[own.index(content.start)]
            return range(start, start + len(words))
        is_inside = torch.zeros(self.weights.shape[1], dtype=torch.bool)
        is_inside[content.start : content.stop] = True
        inside = self._share(is_inside) - self._share(~is_inside)
        best, start, total = (0.0, range(0)), 0, 0.0
        for row, weight in enumerate(inside.tolist()):
            if total <= 0:
                start, total = row, 0.0
            total += weight
            best = max(best, (total, range(start, row + 1)), key=lambda each: each[0])
        if best[1]:
            return best[1]
        row = int(inside.argmax())
        return range(row, row + 1)

    def _end_of_name(self, content: range, start: int, end: int) -> int:
        """Return the end of a content, within a compound word that begins with it: Gasverbrauch."""
        name = "".join(self.source_words[index] for index in content[:2])
        word = self.text[start:end]
        is_part = MIN_NAME <= len(name) < len(word) and word.startswith(name) and word.isalpha()
        return start + len(name) if is_part and len(content) == 1 else end

    def _share(self, parts: Tensor) -> Tensor:
        """Return the largest weight (V,) of each target part on some source parts (W,)."""
        return self.weights[:, parts].amax(1) if parts.any() else torch.zeros(len(self.target))


def _occurrences(words: Sequence[str], text: Sequence[str]) -> list[int]:
    """Return the positions of consecutive words in a text."""
    last = len(text) - len(words)
    return [at for at in range(last + 1) if text[at : at + len(words)] == words]


def _tree(spans: Sequence[Span]) -> list[_Node]:
    """Return the pairs of tags with what they enclose, and the spans beside them."""
    pairs = pair_tags(spans)
    depth = deepest = 0
    closings = set(pairs.values())
    for index in range(len(spans)):
        depth += (index in pairs) - (index in closings)
        deepest = max(deepest, depth)

    def nodes(start: int, end: int) -> list[_Node]:
        siblings = []
        while start < end:
            closing = pairs.get(start)
            children = nodes(start + 1, closing) if closing is not None else ()
            siblings.append(_Node(start, closing, children))
            start = (start if closing is None else closing) + 1
        return siblings

    if deepest > MAX_DEPTH:
        pairs = {}
    return nodes(0, len(spans))


class _Writer:
    """Text with spans, with the blanks around each span that it has in the source."""

    def __init__(self, source: str, is_spaced: bool) -> None:
        self.source, self.is_spaced = source, is_spaced
        self.text = ""
        self._last: Span | None = None  # if the text ends in a span

    def write_text(self, part: str) -> None:
        """Write a part of the translation, with single blanks."""
        part = re.sub(" +", " ", part)
        if not self.text or self.text[-1].isspace():
            part = part.lstrip(" ")
        if not part:
            return
        if self._last is not None and self._needs_blank_after(self._last, part):
            self.text += " "
        self.text += part
        self._last = None

    def write_span(self, span: Span, is_tight: bool = False) -> None:
        """Write a span, if `is_tight` without blanks of its own."""
        is_apart = not self.text or self.text[-1].isspace() or (is_tight and not self.is_spaced)
        if not is_apart and self._needs_blank_before(span):
            self.text += " "
        self.text += span.text
        self._last = None if is_tight and not self.is_spaced else span

    def _needs_blank_after(self, span: Span, part: str) -> bool:
        if part[0].isspace() or (not self.is_spaced and stands_without_blank(part[0])):
            return False
        after = self.source[span.end : span.end + 1]
        is_blank = (not after or after.isspace()) and part[0] not in _CLOSING
        return self.is_spaced or is_blank or (part[0].isalnum() and span.text[-1].isalnum())

    def _needs_blank_before(self, span: Span) -> bool:
        if self.is_spaced:
            return True
        last = self._last
        if last is None and stands_without_blank(self.text[-1]):
            return False
        if last is not None and last.end == span.start:
            return False
        if last is not None:
            return True
        before = self.source[span.start - 1 : span.start] if span.start else " "
        return before.isspace() or (self.text[-1].isalnum() and span.text[0].isalnum())
