"""Words of translations with probabilities, and the confidence of lines.

The log-probability of a word is that of its tokens together. What was not generated is certain:
spans behind symbols, copied units, a given prefix.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from seq2seq.errors import ConfigError
from seq2seq.evaluation.confidence_fit import ConfidenceFit
from seq2seq.inference.alignment import token_ranges_in
from seq2seq.inference.decode import ScoredTranslation, ScoredWord
from seq2seq.inference.line_units import LineUnits, Unit
from seq2seq.text.special_tokens import SYMBOLS
from seq2seq.text.tokenizer import Tokenizer
from seq2seq.text.words import Range, find_words

BLANK = "\u2581"  # the piece of a blank alone
NO_FIT = (
    "the run has no fit of confidence: python -m seq2seq.evaluate run=RUN fit_confidence=true fits "
    "it, on text of yours with source= and reference="
)


def require_fit(fit: ConfidenceFit | None, min_confidence: float | None) -> None:
    """Require that a run has a fit of confidence if there is a least one.

    Raises:
        ConfigError: it has none.
    """
    if min_confidence is not None and fit is None:
        raise ConfigError(f"min_confidence cannot be used, for {NO_FIT}")


def score_words(
    translation: ScoredTranslation, decoded: Unit, tokenizer: Tokenizer
) -> list[ScoredWord]:
    """Return the words of the translation of a unit with their log-probabilities.

    Args:
        translation: with its tokens and their log-probabilities.
        decoded: the unit that was decoded, whose symbols are among the tokens.
        tokenizer: of the target.
    """
    text, tokens = translation.text, translation.tokens
    words = find_words(text)
    ranges = token_ranges_in(tokenizer, tokenizer.ids(tokens), decoded.protected, text)
    given = len(decoded.prefix.typed) if decoded.prefix else 0
    logprobs = [0.0] * len(words)
    is_given = [True] * len(words)
    for token, logprob, touched in zip(
        tokens, translation.logprobs, _touched(ranges, words), strict=False
    ):
        if token in SYMBOLS:
            continue
        for index in touched:
            logprobs[index] += logprob
            is_given[index] &= token == BLANK or words[index][1] <= given
    return [
        ScoredWord(text[start:end], 0.0 if certain else logprob, certain)
        for (start, end), logprob, certain in zip(words, logprobs, is_given, strict=True)
    ]


def _touched(ranges: Sequence[Range], words: Sequence[Range]) -> list[range]:
    """Return the indices of the words that each range touches; of a blank, of the next word."""
    starts, ends = [start for start, _ in words], [end for _, end in words]
    touched = []
    for start, end in ranges:
        first, last = bisect_right(ends, start), bisect_left(starts, end)
        if first >= last:
            first = min(first, len(words) - 1)
            last = first + 1
        touched.append(range(max(first, 0), last))
    return touched


def join_words(
    line: LineUnits, parts: Sequence[ScoredTranslation], text: str
) -> Sequence[ScoredWord]:
    """Return the words of a line from those of the translations of its units.

    A word that several units have a part in has their log-probabilities together. The words of an
    ICU message are those of its units.

    Args:
        line: the units.
        parts: their translations.
        text: the translation of the line.
    """
    if not any(part.words for part in parts):  # not scored
        return ()
    if line.icu is not None:
        return [word for part in parts for word in part.words]
    if len(parts) == 1 and text == parts[0].text:
        return parts[0].words
    words = find_words(text)
    logprobs, is_given = [0.0] * len(words), [True] * len(words)
    offset = len(line.blank_before)
    for unit, part in zip(line.units, parts, strict=True):
        own = [(start + offset, end + offset) for start, end in find_words(part.text)]
        for word, touched in zip(part.words, _touched(own, words), strict=True):
            for index in touched:
                logprobs[index] += word.logprob
                is_given[index] &= word.is_given
        offset += len(part.text) + len(unit.blank_after)
    return [
        ScoredWord(text[start:end], logprob, certain)
        for (start, end), logprob, certain in zip(words, logprobs, is_given, strict=True)
    ]


def mean_probability(translation: ScoredTranslation) -> float:
    """Return the geometric mean of the probabilities of the tokens of a line; 1 without tokens."""
    return math.exp(min(0.0, translation.logprob / max(1, len(translation.logprobs))))


def rate(fit: ConfidenceFit, translation: ScoredTranslation) -> ScoredTranslation:
    """Return the translation of a line with the probabilities of its words, and its confidence."""
    of_line = mean_probability(translation)
    words = [
        word._replace(
            probability=1.0
            if word.is_given
            else fit.word(math.exp(min(0.0, word.logprob)), of_line)
        )
        for word in translation.words
    ]
    return translation._replace(words=words, confidence=line_confidence(fit, words))


def line_confidence(fit: ConfidenceFit, words: Sequence[ScoredWord]) -> float:
    """Return the expected share of the words of a line that are right; 0 for no words."""
    if not words:
        return 0.0
    if all(word.is_given for word in words):
        return 1.0
    return fit.line(mean_word_probability(words))


def mean_word_probability(words: Sequence[ScoredWord]) -> float:
    """Return the mean of the calibrated probabilities of words."""
    return sum(word.probability or 0.0 for word in words) / len(words)
