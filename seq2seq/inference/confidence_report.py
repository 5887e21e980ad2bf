"""The fit of confidence to translations with references, and how well it predicts others."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from sacrebleu.metrics.chrf import CHRF

from seq2seq.evaluation.calibration import (
    ReliabilityBin,
    expected_calibration_error,
    fit_calibration,
    pearson,
    reliability_bins,
    spearman,
)
from seq2seq.evaluation.confidence_fit import (
    LINE_WEIGHTS,
    WORD_WEIGHTS,
    ConfidenceFit,
    right_words,
)
from seq2seq.inference.confidence import mean_probability, mean_word_probability, rate
from seq2seq.inference.decode import ScoredTranslation


def fit_confidence(
    translations: Sequence[ScoredTranslation], references: Sequence[str]
) -> ConfidenceFit:
    """Fit the calibration of words, and with it that of lines.

    What was not generated, such as spans, is certain and tells nothing.

    Args:
        translations: scored, of held-out lines.
        references: of each.
    """
    right = _right(translations, references)
    words = [
        (math.exp(min(0.0, word.logprob)), mean_probability(translation), is_right)
        for translation, of_line in zip(translations, right, strict=True)
        for word, is_right in zip(translation.words, of_line, strict=True)
        if not word.is_given
    ]
    of_words = fit_calibration([word[:2] for word in words], [w[2] for w in words], WORD_WEIGHTS)
    identity = fit_calibration([], [], LINE_WEIGHTS)
    rated = [rate(ConfidenceFit(of_words, identity), each) for each in translations]
    lines = [
        (mean_word_probability(translation.words), _share(of_line))
        for translation, of_line in zip(rated, right, strict=True)
        if not all(word.is_given for word in translation.words)
    ]
    of_lines = fit_calibration([[line[0]] for line in lines], [s for _, s in lines], LINE_WEIGHTS)
    return ConfidenceFit(of_words, of_lines)


class Correlation(NamedTuple):
    """Correlations of a predictor of lines with a measure of them."""

    predictor: str
    measure: str
    pearson: float
    spearman: float


class ConfidenceReport(NamedTuple):
    """Reliability of the ratings of words and lines, on held-out text."""

    words: list[ReliabilityBin]
    lines: list[ReliabilityBin]
    correlations: list[Correlation]

    @property
    def word_error(self) -> float:
        """Return the expected calibration error of words."""
        return expected_calibration_error(self.words)

    @property
    def line_error(self) -> float:
        """Return the expected calibration error of lines."""
        return expected_calibration_error(self.lines)

    def markdown(self) -> str:
        """Return the errors, and a table of the correlations."""
        words, lines = (sum(each.size for each in bins) for bins in (self.words, self.lines))
        rows = [
            f"| {each.predictor} | {each.measure} | {_three_digits(each.pearson)} "
            f"| {_three_digits(each.spearman)} |"
            for each in self.correlations
        ]
        return "\n".join(
            [
                "A word is right if the reference has it; the confidence of a line is the expected "
                "share of its words that are right.",
                "",
                f"- expected calibration error of {words:,} words: {self.word_error:.3f}",
                f"- expected calibration error of {lines:,} lines: {self.line_error:.3f}",
                "",
                "| of a line | with its | Pearson | Spearman |",
                "|---|---|---:|---:|",
                *rows,
            ]
        )


def measure_confidence(
    translations: Sequence[ScoredTranslation], references: Sequence[str]
) -> ConfidenceReport:
    """Compare rated translations with references.

    Args:
        translations: with confidences; those without words are left out.
        references: of each.
    """
    kept = [pair for pair in zip(translations, references, strict=True) if pair[0].words]
    best, references = [each for each, _ in kept], [reference for _, reference in kept]
    right = _right(best, references)
    probabilities = [word.probability or 0.0 for each in best for word in each.words]
    is_right = [float(each) for of_line in right for each in of_line]
    confidences = [each.confidence or 0.0 for each in best]
    shares = [_share(of_line) for of_line in right]
    metric = CHRF()
    chrf = [metric.sentence_score(each.text, [ref]).score for each, ref in kept]
    raw = [each.logprob / max(1, len(each.logprobs)) for each in best]
    return ConfidenceReport(
        reliability_bins(probabilities, is_right),
        reliability_bins(confidences, shares),
        [
            Correlation(predictor, measure, pearson(values, others), spearman(values, others))
            for measure, others in (("chrF", chrf), ("share of right words", shares))
            for predictor, values in (
                ("confidence", confidences),
                ("mean log-probability of tokens", raw),
            )
        ],
    )


def _right(
    translations: Sequence[ScoredTranslation], references: Sequence[str]
) -> list[list[bool]]:
    """Return for each word of each translation whether it is right."""
    return [
        right_words([word.text for word in translation.words], reference)
        for translation, reference in zip(translations, references, strict=True)
    ]


def _share(is_right: Sequence[bool]) -> float:
    return sum(is_right) / len(is_right)


def _three_digits(correlation: float) -> str:
    """Return a correlation with three digits; a dash where one side has a single value."""
    return "-" if math.isnan(correlation) else f"{correlation:.3f}"
