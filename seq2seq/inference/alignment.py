"""Word alignments of translations, from attention.

The attention weights of tokens are summed over the tokens of a source word and averaged over those
of a target word. Words are those of `seq2seq.text.words`; a symbol is the words of its span.
"""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor

from seq2seq.data.batches import pad
from seq2seq.errors import ConfigError
from seq2seq.inference.forced_attention import attention_weights, has_attention
from seq2seq.text.protection import ProtectedLine, symbol
from seq2seq.text.spans.comparison import match_spans
from seq2seq.text.spans.finding import find_spans
from seq2seq.text.spans.rules import Span, SpanRules
from seq2seq.text.tokenizer import Tokenizer
from seq2seq.text.words import Range, find_words, ranges_in, spread, token_ranges

if TYPE_CHECKING:
    from seq2seq.inference.line_units import LineUnits, Unit

MIN_LINK_WEIGHT = 0.2  # of the source word that a target word attends to most, for a link
Link = tuple[int, int]  # indices of a source word and a target word, from 0


class Alignment(NamedTuple):
    """The words of a text and of its translation, and how much each attends to each."""

    source: list[str]  # W words
    target: list[str]  # V words
    weights: Tensor  # (V, W); the rows of words that nothing is known of are zero, others sum to 1

    def links(self, min_weight: float = MIN_LINK_WEIGHT) -> list[Link]:
        """Return for each target word a link to the source word with the largest weight.

        Words whose largest weight is less than `min_weight` have no link.
        """
        if not self.source or not self.target:
            return []
        largest, indices = self.weights.max(1)
        pairs = zip(indices.tolist(), largest.tolist(), strict=True)
        return sorted(
            (i, j) for j, (i, weight) in enumerate(pairs) if weight >= max(min_weight, 1e-9)
        )

    def pharaoh(self) -> str:
        """Return the links as `i-j` pairs, a source word and a target word, from 0."""
        return " ".join(f"{i}-{j}" for i, j in self.links())

    def json(self) -> str:
        """Return words and weights as one line of JSON."""
        weights = [[round(weight, 4) for weight in row] for row in self.weights.tolist()]
        entry = {"source": self.source, "target": self.target, "weights": weights}
        return json.dumps(entry, ensure_ascii=False)


NO_ALIGNMENT = Alignment([], [], torch.zeros(0, 0))  # of a blank line


def word_weights(weights: Tensor, source: Tensor, target: Tensor) -> Tensor:
    """Return the weights (V, W) of words from those of tokens.

    Args:
        weights: (T, S) of tokens.
        source: (S, W) shares of source tokens in words.
        target: (T, V) shares of target tokens in words.
    """
    summed = target.T @ (weights @ source)  # (V, W)
    return normalised_rows(summed)


def normalised_rows(weights: Tensor) -> Tensor:
    """Return `weights` with rows that sum to one, or to zero if they did."""
    return weights / weights.sum(1, keepdim=True).clamp(min=1e-9)


class DecodedUnit(NamedTuple):
    """A unit and the one that was decoded for it, without spans or with more symbols."""

    unit: "Unit"
    decoded: "Unit"


class Aligner:
    """Aligns the words of units with those of their translations."""

    def __init__(self, model: Any, source: Tokenizer, target: Tokenizer) -> None:
        """Align translations of `model`, whose tokenizers are these.

        Raises:
            ConfigError: `model` has no attention.
        """
        if not has_attention(model):
            raise ConfigError("alignments need attention, which the run does not have")
        self.model, self.source, self.target = model, source, target

    def align(
        self,
        units: Sequence[DecodedUnit],
        best: Sequence[Any],
        previous: Any,
        rules: SpanRules | None,
    ) -> list[Alignment]:
        """Return the alignment of each unit.

        Args:
            units: B units.
            best: their translations, a `ScoredTranslation` each.
            previous: the states that they started from, for document context.
            rules: of the spans that translations keep, or None.
        """
        targets = [self.target.ids(translation.tokens) for translation in best]
        source = pad([each.decoded.ids for each in units])
        weights = attention_weights(self.model, source, targets, previous)  # (B, T, S)
        return [
            self._align_unit(each, translation.text, ids, of_tokens, rules)
            for each, translation, ids, of_tokens in zip(units, best, targets, weights, strict=True)
        ]

    def _align_unit(
        self,
        each: DecodedUnit,
        text: str,
        target: Sequence[int],
        weights: Tensor,
        rules: SpanRules | None,
    ) -> Alignment:
        unit, decoded = each
        source_words, target_words = find_words(unit.source), find_words(text)
        sources = [unit.source[start:end] for start, end in source_words]
        targets = [text[start:end] for start, end in target_words]
        if decoded.is_copied and text == unit.source:
            return Alignment(sources, targets, torch.eye(len(sources)))
        source = word_shares(self.source, decoded.ids, decoded.protected, source_words, unit.source)
        of_target = word_shares(self.target, target, decoded.protected, target_words, text)
        words = word_weights(weights[: len(target), : len(decoded.ids)], source, of_target)
        if rules is not None and unit.spans:
            pairs = match_spans(unit.spans, find_spans(text, rules)).pairs
            words = _with_spans(words, pairs, source_words, target_words)
        return Alignment(sources, targets, words)


def word_shares(
    tokenizer: Tokenizer,
    ids: Sequence[int],
    protected: ProtectedLine,
    words: Sequence[Range],
    text: str,
) -> Tensor:
    """Return the shares (T, W) of tokens in the words of a text that they became.

    Args:
        tokenizer: of the tokens.
        ids: T tokens.
        protected: what the symbols among them stand for.
        words: the ranges of W words of the text.
        text: that of the tokens, with spans for symbols; blanks and letters may differ.
    """
    return spread(token_ranges_in(tokenizer, ids, protected, text), words)


def token_ranges_in(
    tokenizer: Tokenizer, ids: Sequence[int], protected: ProtectedLine, text: str
) -> list[Range]:
    """Return the range of each token in the text that they became; see `word_shares`."""
    spelled, ranges = token_ranges(tokenizer, ids)
    spelled, ranges = _restored(spelled, ranges, protected)
    return ranges_in(spelled, ranges, text)


def _restored(
    text: str, ranges: Sequence[Range], protected: ProtectedLine
) -> tuple[str, list[Range]]:
    """Return a text with spans in place of its symbols, and ranges of it for those of the text."""
    texts = {symbol(number): span.text for number, span in enumerate(protected.spans)}
    parts = [texts.get(character, character) for character in text]
    starts = [0]
    for part in parts:
        starts.append(starts[-1] + len(part))
    return "".join(parts), [(starts[start], starts[end]) for start, end in ranges]


def _with_spans(
    weights: Tensor,
    pairs: Sequence[tuple[Span, Span]],
    source_words: Sequence[Range],
    target_words: Sequence[Range],
) -> Tensor:
    """Return `weights` with rows for the words of spans that no token became."""
    is_empty = ~weights.any(1)
    if not is_empty.any():
        return weights
    source = spread([(span.start, span.end) for span, _ in pairs], source_words)
    target = spread([(span.start, span.end) for _, span in pairs], target_words)
    of_spans = normalised_rows(target.T @ source)  # (V, W)
    return torch.where(is_empty.unsqueeze(1), of_spans, weights)


def join_alignments(line: "LineUnits", parts: Sequence[Any], text: str) -> Alignment | None:
    """Return the alignment of a line from those of its units; None if they have none.

    The links of a unit get the offsets of its words in the line. That of an ICU message, whose
    sentences may be in it several times, is empty.

    Args:
        line: the units.
        parts: their translations, a `ScoredTranslation` each.
        text: the translation of the line.
    """
    if any(part.alignment is None for part in parts):
        return None
    if line.icu is not None:
        return NO_ALIGNMENT
    stretches = [_copied(line.blank_before)]  # emoji at the ends of a line are among the blanks
    blanks = line.blanks([part.text for part in parts])
    for unit, part, blank in zip(line.units, parts, blanks, strict=True):
        stretches.append(_Stretch(unit.source, part.text, part.alignment.weights))
        stretches.append(_copied(unit.blank_after)._replace(target=blank))
    source = "".join(stretch.source for stretch in stretches)
    source_words, target_words = find_words(source), find_words(text)
    weights = torch.zeros(len(target_words), len(source_words))
    offset = target_offset = 0
    for stretch in stretches:
        rows = _line_words(stretch.target, target_offset, target_words)
        columns = _line_words(stretch.source, offset, source_words)
        weights += rows.T @ stretch.weights @ columns
        offset += len(stretch.source)
        target_offset += len(stretch.target)
    return Alignment(
        [source[start:end] for start, end in source_words],
        [text[start:end] for start, end in target_words],
        normalised_rows(weights),
    )


class _Stretch(NamedTuple):
    """A stretch of a line, its translation, and the weights of their words."""

    source: str
    target: str
    weights: Tensor


def _copied(text: str) -> _Stretch:
    return _Stretch(text, text, torch.eye(len(find_words(text))))


def _line_words(text: str, offset: int, words: Sequence[Range]) -> Tensor:
    """Return the shares of the words of a unit in those of its line, where it is at `offset`."""
    own = [(start + offset, end + offset) for start, end in find_words(text)]
    return spread(own, words)
