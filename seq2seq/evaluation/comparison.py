"""Paired tests of two systems, and the sentences in which they differ most."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sacrebleu.metrics.chrf import CHRF
from sacrebleu.significance import PairedTest

from seq2seq.evaluation.metrics import (
    STANDARD_SCORES,
    References,
    ScoreVariant,
    reference_streams,
    references_of_line,
    require_scorable,
    sacrebleu_metric,
)


class Comparison(NamedTuple):
    """The scores of two systems in one metric, and the significance of their difference."""

    name: str
    value: float  # score of the first system
    other: float  # score of the second system
    p: float  # probability of a difference as large by chance (paired bootstrap)
    signature: str


class ChangedSentence(NamedTuple):
    """A sentence that two systems translate differently."""

    line: int  # from 1
    gain: float  # chrF of the second translation minus chrF of the first
    first: str
    second: str
    reference: str


def compare_systems(
    first: Sequence[str],
    second: Sequence[str],
    references: References,
    language: str,
    metrics: Sequence[str],
    resamples: int,
    variant: ScoreVariant = STANDARD_SCORES,
) -> list[Comparison]:
    """Compare two systems on the same references by paired bootstrap resampling.

    Koehn (2004), https://aclanthology.org/W04-3250. It needs some 80 bytes of memory for each
    resample of each sentence.

    Args:
        first: N hypotheses of the first system.
        second: N hypotheses of the second system.
        references: N references, or N lists of references.
        language: language of hypotheses and references.
        metrics: some of `METRIC_CHOICES`.
        resamples: the number of resamples; p is at least 1 / (resamples + 1).
        variant: case and tokenizer.

    Raises:
        TextError: there are no references, or not as many as hypotheses.
        ConfigError: there is no such metric.
    """
    require_scorable(first, references)
    require_scorable(second, references)
    streams = reference_streams(references)
    scorers = {name: sacrebleu_metric(name, language, streams, variant) for name in metrics}
    systems: list[tuple[str, Sequence[str]]] = [("first", first), ("second", second)]
    test = PairedTest(systems, scorers, references=None, test_type="bs", n_samples=resamples)
    outcome: Any = test()
    signatures, results = outcome
    del results["System"]
    comparisons = []
    for name, (a, b) in results.items():
        # sacreBLEU may return the smallest possible p for equal scores.
        p = float(b.p_value) if a.score != b.score else 1.0
        signature = str(signatures[name].format())
        comparisons.append(Comparison(name, float(a.score), float(b.score), p, signature))
    return comparisons


def most_changed(
    first: Sequence[str], second: Sequence[str], references: References, count: int
) -> list[ChangedSentence]:
    """Return the `count` sentences whose chrF differs most between two systems.

    Sentences with equal translations are excluded. The largest difference is the first. Of several
    references the first is shown.

    Raises:
        TextError: there are no references, or not as many as hypotheses.
    """
    require_scorable(first, references)
    require_scorable(second, references)
    chrf, changes = CHRF(), []
    for line, (a, b, of_line) in enumerate(zip(first, second, references, strict=True), 1):
        if a == b:
            continue
        several = references_of_line(of_line)
        gain = chrf.sentence_score(b, several).score - chrf.sentence_score(a, several).score
        changes.append(ChangedSentence(line, gain, a, b, several[0]))
    return sorted(changes, key=lambda change: -abs(change.gain))[:count]
