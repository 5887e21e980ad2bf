"""BLEU, chrF and TER of sacreBLEU, with signatures and confidence intervals.

Post (2018), https://aclanthology.org/W18-6319, on signatures.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from sacrebleu.metrics.ter import TER
from sacrebleu.significance import _bootstrap_resample, estimate_ci

from seq2seq.config.commands import DEFAULT_METRICS, METRIC_CHOICES
from seq2seq.errors import ConfigError, TextError
from seq2seq.text.languages import CHINESE, UNSEPARATED, base_language

# Languages without spaces between words: BLEU is over characters.
UNSPACED = {"ja", "th", "lo", "km", "my", "bo", "dz"}


class ScoreVariant(NamedTuple):
    """Case and tokenizer of scores, which their signatures name."""

    lowercase: bool = False  # compare without case
    tokenizer: str | None = None  # sacreBLEU's name of BLEU's; None: that of the language


STANDARD_SCORES = ScoreVariant()


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


def sacrebleu_tokenizer(language: str) -> str:
    """Return the name of sacreBLEU's tokenizer for `language`, a code such as de or zh-Hans.

    It is 13a for languages with spaces between words, zh for Chinese, char for others.
    """
    if (base := base_language(language)) in CHINESE:
        return "zh"
    return "char" if base in UNSPACED else "13a"


def sacrebleu_metric(
    name: str,
    language: str,
    references: Any = None,
    variant: ScoreVariant = STANDARD_SCORES,
) -> Any:
    """Build sacreBLEU's metric `name` for text in `language`.

    Args:
        name: bleu, chrf, chrf++ or ter.
        language: language of hypotheses and references.
        references: `reference_streams` of them; a metric for paired tests needs them in advance.
        variant: case and tokenizer.

    Raises:
        ConfigError: there is no such metric, or the tokenizer's package or model is missing.
    """
    lowercase = variant.lowercase
    if name == "bleu":
        return _bleu(variant.tokenizer or sacrebleu_tokenizer(language), lowercase, references)
    if name in ("chrf", "chrf++"):
        word_order = CHRF.WORD_ORDER if name == "chrf" else 2
        return CHRF(word_order=word_order, lowercase=lowercase, references=references)
    if name == "ter":
        # By default a sentence without spaces is one word for TER.
        is_unspaced = base_language(language) in UNSEPARATED
        return TER(normalized=is_unspaced, asian_support=is_unspaced, references=references)
    raise ConfigError(f"there is no metric {name}; choose from {', '.join(METRIC_CHOICES)}")


def _bleu(tokenizer: str, lowercase: bool, references: Any) -> Any:
    """Build BLEU with a tokenizer; some need a package of their own, or download a model."""
    try:
        return BLEU(tokenize=tokenizer, lowercase=lowercase, references=references)
    except (ImportError, RuntimeError, OSError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ConfigError(f"BLEU's tokenizer {tokenizer} cannot be used: {reason}") from None


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
    lines = [references_of_line(line) for line in references]
    most = max((len(line) for line in lines), default=1)
    return [[line[i] if i < len(line) else None for line in lines] for i in range(most)]


def score_hypotheses(
    hypotheses: Sequence[str],
    references: References,
    language: str,
    metrics: Sequence[str] = DEFAULT_METRICS,
    bootstrap: int = 0,
    variant: ScoreVariant = STANDARD_SCORES,
) -> list[Score]:
    """Compute corpus scores of detokenised `hypotheses` against raw `references`.

    Args:
        hypotheses: N translations.
        references: N references, or N lists of references.
        language: language of both; BLEU and TER tokenise by it.
        metrics: some of `METRIC_CHOICES`.
        bootstrap: resamples for the confidence interval, at least 2; 0: no interval.
        variant: case and tokenizer.

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
        scorer = sacrebleu_metric(name, language, variant=variant)
        result = scorer.corpus_score(list(hypotheses), reference_streams(references))
        interval = (
            _confidence_interval(scorer, hypotheses, references, bootstrap) if bootstrap else ()
        )
        signature = scorer.get_signature().format()
        scores.append(Score(result.name, float(result.score), signature, *interval))
    return scores


def score_documents(
    hypotheses: Sequence[str],
    references: References,
    documents: Sequence[str | None] | None,
    language: str,
    metrics: Sequence[str],
    variant: ScoreVariant = STANDARD_SCORES,
) -> dict[str, tuple[int, list[Score]]]:
    """Return for each document the number of its lines and its scores.

    Args:
        hypotheses: N translations.
        references: N references, or N lists of references.
        documents: of each line; lines without one are in no document. None: there are none.
        language: see `score_hypotheses`, as for the others.
        metrics: some of `METRIC_CHOICES`.
        variant: case and tokenizer.
    """
    lines: dict[str, list[int]] = {}
    for index, document in enumerate(documents or ()):
        if document:
            lines.setdefault(document, []).append(index)
    return {
        document: (
            len(indices),
            score_hypotheses(
                [hypotheses[index] for index in indices],
                [references_of_line(references[index]) for index in indices],
                language,
                metrics,
                variant=variant,
            ),
        )
        for document, indices in lines.items()
    }


def references_of_line(references: str | Sequence[str]) -> list[str]:
    """Return the references of a line."""
    return [references] if isinstance(references, str) else list(references)


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
