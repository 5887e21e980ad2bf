"""Comparison of the spans of two lines: what both hold, what is missing, what is copied mostly."""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from seq2seq.text.spans.characters import is_word_boundary
from seq2seq.text.spans.finding import find_spans
from seq2seq.text.spans.rules import KINDS, Span, SpanRules

MIN_SHARE = 0.8  # of the pairs with a kind that copy it, for it to be chosen


class CommonSpans(NamedTuple):
    """Spans that both sides of a pair hold with equal text, and those of one side only."""

    pairs: list[tuple[Span, Span]]
    source_only: list[Span]
    target_only: list[Span]


class KindCount(NamedTuple):
    """Pairs of a corpus with a kind of span on a side, and of these the pairs that copy it all."""

    pairs: int
    copied: int

    @property
    def share(self) -> float:
        """Return the share of the pairs that copy the kind."""
        return self.copied / self.pairs if self.pairs else 0.0


class ChosenKinds(NamedTuple):
    """Kinds that a corpus copies, in the order of `KINDS`, and the count of every kind it holds."""

    kinds: tuple[str, ...]
    counts: dict[str, KindCount]


class SpanErrors(NamedTuple):
    """Spans of a source that its translation lacks, and spans that it has beyond them."""

    missing: list[Span]
    extra: list[Span]


def spans_in_common(source: str, target: str, rules: SpanRules) -> CommonSpans:
    """Match the spans of two lines by their text, the first with the first of equal ones.

    The kind is not compared: `3.5` may be an identifier's part on one side. A number matches the
    form that the rules give it in the target before it matches its own text.
    """
    spans, target_spans = find_spans(source, rules), find_spans(target, rules)
    if rules.keeps_numbers:
        return match_spans(spans, target_spans)
    originals = {span.start: span for span in spans}
    written = [span._replace(text=rules.localized(span, source)) for span in spans]
    by_form = match_spans(written, target_spans)
    left = [originals[span.start] for span in by_form.source_only]
    by_text = match_spans(left, by_form.target_only)
    pairs = [(originals[span.start], other) for span, other in by_form.pairs]
    return CommonSpans(sorted(pairs + by_text.pairs), by_text.source_only, by_text.target_only)


def match_spans(source_spans: Sequence[Span], target_spans: Sequence[Span]) -> CommonSpans:
    """Match spans by their text, as multisets, in the order of the source."""
    waiting: defaultdict[str, deque[Span]] = defaultdict(deque)
    for span in target_spans:
        waiting[span.text].append(span)
    pairs, source_only = [], []
    for span in source_spans:
        if waiting[span.text]:
            pairs.append((span, waiting[span.text].popleft()))
        else:
            source_only.append(span)
    target_only = sorted(span for rest in waiting.values() for span in rest)
    return CommonSpans(pairs, source_only, target_only)


def choose_kinds(
    pairs: Iterable[tuple[str, str]], rules: SpanRules, min_share: float = MIN_SHARE
) -> ChosenKinds:
    """Choose the kinds that a corpus copies in most of the pairs that hold them.

    The user's own, `custom` and `word`, are chosen where the rules have some, whatever the corpus
    does with them.

    Args:
        pairs: source and target, each read once.
        rules: the kinds to choose from.
        min_share: least share of the pairs with a kind that copy all of its spans.
    """
    held: Counter[str] = Counter()
    broken: Counter[str] = Counter()
    for source, target in pairs:
        common = spans_in_common(source, target, rules)
        matched = {span.kind for both in common.pairs for span in both}
        unmatched = {span.kind for span in (*common.source_only, *common.target_only)}
        held.update(matched | unmatched)
        broken.update(unmatched)
    counts = {
        kind: KindCount(held[kind], held[kind] - broken[kind]) for kind in KINDS if held[kind]
    }
    own = {
        kind
        for kind, has in (("custom", rules.expressions.texts), ("word", rules.words.words))
        if has
    }
    kinds = tuple(
        kind
        for kind in KINDS
        if kind in rules.kinds
        and (kind in own or (kind in counts and counts[kind].share >= min_share))
    )
    return ChosenKinds(kinds, counts)


def check_spans(source_spans: Sequence[Span], hypothesis: str, rules: SpanRules) -> SpanErrors:
    """Compare the spans of a source with those of its translation, as multisets of texts.

    A span that the rules do not find in the translation, for its neighbours differ, counts as
    there where its text stands outside all others, from word boundary to word boundary.
    """
    common = match_spans(source_spans, find_spans(hypothesis, rules))
    taken = bytearray(len(hypothesis))
    for _, span in common.pairs:
        taken[span.start : span.end] = b"\1" * len(span.text)
    for span in common.target_only:
        taken[span.start : span.end] = b"\1" * len(span.text)
    missing = [
        span for span in common.source_only if not _take_literal(span.text, hypothesis, taken)
    ]
    return SpanErrors(missing, common.target_only)


def _take_literal(text: str, line: str, taken: bytearray) -> bool:
    """Return whether `text` stands in `line` outside what is taken, and take it."""
    start = line.find(text)
    while start >= 0:
        end = start + len(text)
        is_free = 1 not in taken[start:end]
        if is_free and is_word_boundary(line, start) and is_word_boundary(line, end):
            taken[start:end] = b"\1" * len(text)
            return True
        start = line.find(text, start + 1)
    return False
