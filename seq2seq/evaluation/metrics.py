"""Scores that carry the signature by which they can be had again."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from sacrebleu.metrics.ter import TER
from sacrebleu.significance import PairedTest, _bootstrap_resample, estimate_ci

from seq2seq.errors import ConfigError, TextError

METRICS = ("bleu", "chrf", "ter")
CHINESE = {"zh", "cmn", "yue", "wuu", "nan", "lzh"}
UNSPACED = {"ja", "th", "lo", "km", "my", "bo", "dz"}  # no spaces between words: BLEU of characters


class Score(NamedTuple):
    """A figure, and how to get it again."""

    name: str
    value: float
    signature: str
    low: float | None = None  # the ends of the 95 % interval, from bootstrap resampling
    high: float | None = None

    def __str__(self) -> str:
        interval = f" [{self.low:.2f}, {self.high:.2f}]" if self.low is not None else ""
        return f"{self.name} = {self.value:.2f}{interval}  {self.signature}"


class Comparison(NamedTuple):
    """How two systems differ in one metric."""

    name: str
    value: float  # of the first system
    other: float  # of the second
    p: float  # probability of a difference as large by chance (paired bootstrap)
    signature: str


class ChangedSentence(NamedTuple):
    """A sentence that two systems translate differently."""

    line: int  # from 1
    gain: float  # chrF of the second translation less that of the first
    first: str
    second: str
    reference: str


def sacrebleu_tokenizer(language: str) -> str:
    """How sacreBLEU cuts `language` into words: 13a, or characters where there are no spaces."""
    if (base := _base_language(language)) in CHINESE:
        return "zh"
    return "char" if base in UNSPACED else "13a"


def _base_language(language: str) -> str:
    """`zh` of zh-Hans, zh_TW and the like."""
    return language.replace("_", "-").split("-")[0].lower()


def sacrebleu_metric(name: str, language: str, references: Sequence[str] | None = None) -> Any:
    """SacreBLEU's metric `name` for text in `language`."""
    refs = None if references is None else [list(references)]
    if name == "bleu":
        return BLEU(tokenize=sacrebleu_tokenizer(language), references=refs)
    if name == "chrf":
        return CHRF(references=refs)
    if name == "ter":
        # By itself TER takes a sentence without spaces for one word.
        apart = _base_language(language) in CHINESE | {"ja"}
        return TER(normalized=apart, asian_support=apart, references=refs)
    raise ConfigError(f"there is no metric {name}; choose from {', '.join(METRICS)}")


def require_scorable(hypotheses: Sequence[str], references: Sequence[object]) -> None:
    """Refuse what cannot be scored."""
    if len(hypotheses) != len(references):
        raise TextError(
            f"{len(hypotheses)} translations for {len(references)} references: "
            "there must be one for each"
        )
    if not references:
        raise TextError("there is nothing to score: no references")


References = Sequence[str] | Sequence[Sequence[str]]  # one a line, or several


def reference_streams(references: References) -> list[list[str | None]]:
    """As sacreBLEU wants them: the first reference of each line, the second of each, and so on."""
    several = [[r] if isinstance(r, str) else list(r) for r in references]
    most = max((len(r) for r in several), default=1)
    return [[r[i] if i < len(r) else None for r in several] for i in range(most)]


def score(
    hypotheses: Sequence[str],
    references: References,
    language: str,
    metrics: Sequence[str] = METRICS,
    bootstrap: int = 0,
) -> list[Score]:
    """Corpus scores of detokenised `hypotheses` against raw `references` in `language`.

    Args:
        hypotheses: one translation a line.
        references: as many; of a line there may be several.
        language: of both; it decides how BLEU cuts words.
        metrics: among bleu, chrf and ter.
        bootstrap: resamples for the interval, at least 2; 0: none.

    Raises:
        TextError: there are none, or not as many of one as of the other.
        ConfigError: another metric, or another number of resamples.
    """
    require_scorable(hypotheses, references)
    if bootstrap < 0 or bootstrap == 1:
        raise ConfigError(f"bootstrap must be 0, for none, or at least 2, not {bootstrap}")
    found = []
    for name in metrics:
        scorer = sacrebleu_metric(name, language)
        result = scorer.corpus_score(list(hypotheses), reference_streams(references))
        interval = (
            _confidence_interval(scorer, hypotheses, references, bootstrap) if bootstrap else ()
        )
        signature = scorer.get_signature().format()
        found.append(Score(result.name, float(result.score), signature, *interval))
    return found


def _confidence_interval(
    scorer: Any, hypotheses: Sequence[str], references: References, resamples: int
) -> tuple[float, float]:
    """The ends of the 95 % interval of bootstrap resampling (Koehn 2004), as sacreBLEU draws it.

    `corpus_score(n_bootstrap=...)` is the public way, but fails where some resamples score 0
    (sacreBLEU 2.6.0: "don't know how to coerce float and float32"); these are its own parts.
    """
    statistics = scorer._extract_corpus_statistics(list(hypotheses), reference_streams(references))
    scorer.n_bootstrap = resamples
    scorer.seed, scores = _bootstrap_resample(statistics, scorer, resamples)
    mean, half = estimate_ci(np.array([s.score for s in scores], dtype=np.float64))
    return float(mean - half), float(mean + half)


def compare(
    first: Sequence[str],
    second: Sequence[str],
    references: Sequence[str],
    language: str,
    metrics: Sequence[str],
    resamples: int,
) -> list[Comparison]:
    """Paired bootstrap resampling (Koehn 2004) of two systems on the same references.

    https://aclanthology.org/W04-3250. It needs some 80 bytes for each resample of each sentence.
    """
    require_scorable(first, references)
    require_scorable(second, references)
    made = {name: sacrebleu_metric(name, language, references) for name in metrics}
    systems: list[tuple[str, Sequence[str]]] = [("first", first), ("second", second)]
    test = PairedTest(systems, made, references=None, test_type="bs", n_samples=resamples)
    outcome: Any = test()
    signatures, results = outcome
    del results["System"]
    compared = []
    for name, (a, b) in results.items():
        # Of equal scores sacreBLEU can make the smallest p there is.
        p = float(b.p_value) if a.score != b.score else 1.0
        signature = str(signatures[name].format())
        compared.append(Comparison(name, float(a.score), float(b.score), p, signature))
    return compared


def most_changed(
    first: Sequence[str], second: Sequence[str], references: Sequence[str], count: int
) -> list[ChangedSentence]:
    """The `count` sentences whose chrF differs most between two systems."""
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
