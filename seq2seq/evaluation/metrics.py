"""BLEU, chrF and TER of sacreBLEU, with signatures, confidence intervals and paired tests.

Post (2018), https://aclanthology.org/W18-6319, on signatures.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from sacrebleu.metrics.ter import TER
from sacrebleu.significance import PairedTest, _bootstrap_resample, estimate_ci

from seq2seq.errors import ConfigError, TextError

METRIC_NAMES = ("bleu", "chrf", "ter")
CHINESE = {"zh", "cmn", "yue", "wuu", "nan", "lzh"}
# Languages without spaces between words: BLEU is over characters.
UNSPACED = {"ja", "th", "lo", "km", "my", "bo", "dz"}


class Score(NamedTuple):
    """A score, and the signature with which it can be reproduced."""

    name: str
    value: float
    signature: str
    low: float | None = None  # lower end of the 95 % interval, from bootstrap resampling
    high: float | None = None  # upper end

    def __str__(self) -> str:
        interval = f" [{self.low:.2f}, {self.high:.2f}]" if self.low is not None else ""
        return f"{self.name} = {self.value:.2f}{interval}  {self.signature}"


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


def sacrebleu_tokenizer(language: str) -> str:
    """Return the name of sacreBLEU's tokenizer for `language`, a code such as de or zh-Hans.

    It is 13a for languages with spaces between words, zh for Chinese, char for others.
    """
    if (base := _base_language(language)) in CHINESE:
        return "zh"
    return "char" if base in UNSPACED else "13a"


def _base_language(language: str) -> str:
    """Return a language code without script and country: zh for zh-Hans and zh_TW."""
    return language.replace("_", "-").split("-")[0].lower()


def sacrebleu_metric(name: str, language: str, references: Sequence[str] | None = None) -> Any:
    """Build sacreBLEU's metric `name` for text in `language`.

    Args:
        name: bleu, chrf or ter.
        language: language of hypotheses and references.
        references: one reference per line; a metric for paired tests needs them in advance.

    Raises:
        ConfigError: there is no such metric.
    """
    refs = None if references is None else [list(references)]
    if name == "bleu":
        return BLEU(tokenize=sacrebleu_tokenizer(language), references=refs)
    if name == "chrf":
        return CHRF(references=refs)
    if name == "ter":
        # By default a sentence without spaces is one word for TER.
        is_unspaced = _base_language(language) in CHINESE | {"ja"}
        return TER(normalized=is_unspaced, asian_support=is_unspaced, references=refs)
    raise ConfigError(f"there is no metric {name}; choose from {', '.join(METRIC_NAMES)}")


def require_scorable(hypotheses: Sequence[str], references: Sequence[object]) -> None:
    """Refuse hypotheses that cannot be scored.

    Raises:
        TextError: there are no references, or not as many as hypotheses.
    """
    if len(hypotheses) != len(references):
        raise TextError(
            f"{len(hypotheses)} translations for {len(references)} references: "
            "there must be one for each"
        )
    if not references:
        raise TextError("there is nothing to score: no references")


References = Sequence[str] | Sequence[Sequence[str]]  # one per line, or several per line


def reference_streams(references: References) -> list[list[str | None]]:
    """Transpose references to the lists that sacreBLEU takes.

    Returns:
        The first reference of each line, then the second of each, and so on, up to the largest
        number of references of a line; None where a line has fewer.
    """
    lines = [[line] if isinstance(line, str) else list(line) for line in references]
    most = max((len(line) for line in lines), default=1)
    return [[line[i] if i < len(line) else None for line in lines] for i in range(most)]


def score_hypotheses(
    hypotheses: Sequence[str],
    references: References,
    language: str,
    metrics: Sequence[str] = METRIC_NAMES,
    bootstrap: int = 0,
) -> list[Score]:
    """Compute corpus scores of detokenised `hypotheses` against raw `references`.

    Args:
        hypotheses: N translations.
        references: N references, or N lists of references.
        language: language of both; BLEU and TER tokenise by it.
        metrics: some of bleu, chrf and ter.
        bootstrap: resamples for the confidence interval, at least 2; 0: no interval.

    Returns:
        A score for each metric, in percent. TER is better if it is lower, the others if higher.

    Raises:
        TextError: there are no references, or not as many as hypotheses.
        ConfigError: there is no such metric, or `bootstrap` is negative or 1.
    """
    require_scorable(hypotheses, references)
    if bootstrap < 0 or bootstrap == 1:
        raise ConfigError(f"bootstrap must be 0, for none, or at least 2, not {bootstrap}")
    scores = []
    for name in metrics:
        scorer = sacrebleu_metric(name, language)
        result = scorer.corpus_score(list(hypotheses), reference_streams(references))
        interval = (
            _confidence_interval(scorer, hypotheses, references, bootstrap) if bootstrap else ()
        )
        signature = scorer.get_signature().format()
        scores.append(Score(result.name, float(result.score), signature, *interval))
    return scores


def _confidence_interval(
    scorer: Any, hypotheses: Sequence[str], references: References, resamples: int
) -> tuple[float, float]:
    """Compute the 95 % confidence interval of bootstrap resampling, with sacreBLEU's resamples.

    Koehn (2004), https://aclanthology.org/W04-3250. sacreBLEU's public function for it is
    `corpus_score(n_bootstrap=...)`, but version 2.6.0 fails where some resamples score 0 ("don't
    know how to coerce float and float32"). So its internal functions are called here.
    """
    statistics = scorer._extract_corpus_statistics(list(hypotheses), reference_streams(references))
    scorer.n_bootstrap = resamples
    scorer.seed, scores = _bootstrap_resample(statistics, scorer, resamples)
    mean, half_width = estimate_ci(np.array([s.score for s in scores], dtype=np.float64))
    return float(mean - half_width), float(mean + half_width)


def compare(
    first: Sequence[str],
    second: Sequence[str],
    references: Sequence[str],
    language: str,
    metrics: Sequence[str],
    resamples: int,
) -> list[Comparison]:
    """Compare two systems on the same references by paired bootstrap resampling.

    Koehn (2004), https://aclanthology.org/W04-3250. It needs some 80 bytes of memory for each
    resample of each sentence.

    Args:
        first: N hypotheses of the first system.
        second: N hypotheses of the second system.
        references: N references, one per line.
        language: language of hypotheses and references.
        metrics: some of bleu, chrf and ter.
        resamples: the number of resamples; p is at least 1 / (resamples + 1).

    Raises:
        TextError: there are no references, or not as many as hypotheses.
        ConfigError: there is no such metric.
    """
    require_scorable(first, references)
    require_scorable(second, references)
    scorers = {name: sacrebleu_metric(name, language, references) for name in metrics}
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
    first: Sequence[str], second: Sequence[str], references: Sequence[str], count: int
) -> list[ChangedSentence]:
    """Return the `count` sentences whose chrF differs most between two systems.

    Sentences with equal translations are excluded. The largest difference is the first.

    Raises:
        TextError: there are no references, or not as many as hypotheses.
    """
    require_scorable(first, references)
    require_scorable(second, references)
    chrf = CHRF()
    changes = [
        ChangedSentence(
            line,
            chrf.sentence_score(b, [reference]).score - chrf.sentence_score(a, [reference]).score,
            a,
            b,
            reference,
        )
        for line, (a, b, reference) in enumerate(zip(first, second, references, strict=True), 1)
        if a != b
    ]
    return sorted(changes, key=lambda change: -abs(change.gain))[:count]
