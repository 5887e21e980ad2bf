"""Translations of lines from those of their units."""

from collections.abc import Sequence

from seq2seq.evaluation.confidence_fit import ConfidenceFit
from seq2seq.inference.alignment import join_alignments
from seq2seq.inference.confidence import join_words, rate
from seq2seq.inference.decode import ScoredTranslation
from seq2seq.inference.line_units import LineUnits

BLANK_TRANSLATION = ScoredTranslation("", 0.0, 0.0, [], [])
CERTAIN = 1.0  # confidence of a blank line


def join_units(
    planned: Sequence[LineUnits],
    translations: Sequence[list[ScoredTranslation]],
    fit: ConfidenceFit | None = None,
) -> list[list[ScoredTranslation]]:
    """Return the translations of each line from those of its units, in their order.

    Where a line has several units, its k-th translation is made of their k-th ones. With `fit` the
    lines and their words are rated.
    """
    of_units = iter(translations)
    joined = []
    for line in planned:
        units = [next(of_units) for _ in line.units]
        if not units:
            joined.append([BLANK_TRANSLATION._replace(confidence=CERTAIN if fit else None)])
            continue
        lines = [_join(line, parts) for parts in zip(*units, strict=False)]
        joined.append([rate(fit, each) for each in lines] if fit else lines)
    return joined


def _join(line: LineUnits, parts: Sequence[ScoredTranslation]) -> ScoredTranslation:
    """Return the translation of a line from one translation of each of its units."""
    text = line.join([part.text for part in parts])
    alignment = join_alignments(line, parts, text)
    words = join_words(line, parts, text)
    if len(parts) == 1:
        return parts[0]._replace(text=text, alignment=alignment, words=words)
    return ScoredTranslation(
        text,
        sum(part.score for part in parts),
        sum(part.logprob for part in parts),
        [token for part in parts for token in part.tokens],
        [logprob for part in parts for logprob in part.logprobs],
        all(part.has_eos for part in parts),
        len(parts),
        sum(part.retries for part in parts),
        any(part.is_repetitive for part in parts),
        sum(part.repaired for part in parts),
        alignment,
        words,
    )
