"""Validation line, samples and examples of translations and other generated sentences."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from omegaconf import OmegaConf
from sacrebleu.metrics.chrf import CHRF

from seq2seq.config.paths import CONF_DIR
from seq2seq.config.training import LengthLimits
from seq2seq.evaluation.metrics import score_hypotheses
from seq2seq.inference.translator import Translator
from seq2seq.run_folder import HeldOutPair
from seq2seq.tasks.directions import scores_by_direction, translate_held_out
from seq2seq.tasks.validation_loss import ValidationLoss, perplexity_of
from seq2seq.training.metric_logger import MetricLogger
from seq2seq.training.plots import evenly_spaced
from seq2seq.training.task import ValidationResult

ALL_RIGHT = 100 - 1e-6  # the chrF of a translation that equals its reference, up to rounding


class Validator:
    """Validation by translation of held-out text with the current weights.

    BLEU (Papineni et al. 2002) equals the BLEU that `translate` followed by `evaluate` would give.
    """

    def __init__(
        self,
        translator: Translator,
        pairs: list[HeldOutPair],
        language: str,
        samples: int,
        loss: ValidationLoss | None = None,
    ) -> None:
        """Validate on raw sentence pairs.

        Args:
            translator: a translator with the network that is trained.
            pairs: the validation text.
            language: language of the targets.
            samples: number of translations that are logged at each validation.
            loss: the validation loss; `None`: none is computed.
        """
        self.translator, self.pairs, self.language = translator, pairs, language
        self.samples, self.loss = samples, loss

    def __call__(self, report: MetricLogger, step: int) -> ValidationResult:
        """Log one line and some samples, and return the scores; BLEU is the score of the run."""
        start = time.monotonic()
        best = translate_held_out(self.translator, self.pairs, scored=False)
        hypotheses = [translation.text for translation in best]
        values = {**self._scores(hypotheses), **perplexity_of(self.loss)}
        seconds = time.monotonic() - start
        scores = f"BLEU {values['bleu']:.2f}  chrF {values['chrf']:.2f}"
        report.message(validation_line(step, scores, values.get("perplexity"), seconds))
        own = [f"{name[5:]} {value:.2f}" for name, value in values.items() if name[:5] == "bleu "]
        if own:
            report.message(f"  BLEU by direction: {', '.join(own)}")
        sizes = [len(pair.source) for pair in self.pairs]
        for index in changing_samples(sizes, self.samples, step):
            pair = self.pairs[index]
            report.message(
                f"  {pair.source}\n    reference    {pair.target}\n"
                f"    translation  {hypotheses[index]}"
            )
        return ValidationResult(values["bleu"], values, seconds)

    def _scores(self, hypotheses: Sequence[str]) -> dict[str, float]:
        """Return BLEU and chrF: of several directions the means, and BLEU of each."""
        if by_direction := scores_by_direction(hypotheses, self.pairs):
            bleu, chrf = (float(np.mean(each)) for each in zip(*by_direction.values(), strict=True))
            of_each = {f"bleu {name}": score for name, (score, _) in by_direction.items()}
            return {"bleu": bleu, "chrf": chrf, **of_each}
        references = [pair.target for pair in self.pairs]
        bleu_, chrf_ = score_hypotheses(hypotheses, references, self.language, ("bleu", "chrf"))
        return {"bleu": bleu_.value, "chrf": chrf_.value}


def validation_line(step: int, scores: str, perplexity: float | None, seconds: float) -> str:
    """Return the log line of a validation, which fits a terminal of 100 columns.

    Args:
        step: the step after which the network was validated.
        scores: the scores as text, such as "BLEU 31.20".
        perplexity: perplexity per label; `None`: not computed.
        seconds: duration of the validation.
    """
    if perplexity is not None:
        number = f"{perplexity:.2f}" if perplexity < 1e6 else f"{perplexity:.3g}"
        scores = f"{scores}  perplexity {number}"
    return f"validation at step {step}: {scores}  ({seconds:.1f} s)"


def changing_samples(sizes: Sequence[int], count: int, seed: int) -> list[int]:
    """Return indices of `count` random lines, different for each `seed`; at least one is long.

    Args:
        sizes: number of characters of each line.
        count: number of indices; capped at the number of lines.
        seed: seed of the random numbers, such as the step.
    """
    random = np.random.default_rng(seed)
    longest = np.argsort(sizes, kind="stable")[-max(1, len(sizes) // 10) :]
    indices = random.permutation(len(sizes))[:count]
    if len(indices) and not np.isin(indices, longest).any():
        indices[-1] = random.choice(longest)
    return [int(index) for index in indices]


def sample_translations(
    pairs: Sequence[HeldOutPair], hypotheses: Sequence[str], count: int
) -> list[str]:
    """Return some held-out sentences with reference and translation."""
    return [
        f"source       {pairs[i].source}\n"
        f"reference    {pairs[i].target}\n"
        f"translation  {hypotheses[i]}"
        for i in evenly_spaced(len(pairs), count)
    ]


def worst_and_median(pairs: Sequence[HeldOutPair], hypotheses: Sequence[str], count: int) -> str:
    """Return a Markdown table of the `count` worst and the `count` median translations.

    Translations are ordered by their sentence chrF, from 0 to 100. If all have 100, a sentence
    stands instead of the table.
    """
    metric = CHRF()
    scores = [
        metric.sentence_score(hypothesis, [pair.target]).score
        for hypothesis, pair in zip(hypotheses, pairs, strict=True)
    ]
    if scores and min(scores) > ALL_RIGHT:
        return "Every test translation equals its reference, up to spaces."
    order = np.argsort(scores, kind="stable")
    worst = order[:count]
    middle = max(len(worst), (len(order) - count) // 2)
    rows = ["| | chrF | source | reference | translation |", "|---|---:|---|---|---|"]
    for name, indices in (("worst", worst), ("median", order[middle : middle + count])):
        for index in indices:
            pair = pairs[index]
            texts = (pair.source, pair.target, hypotheses[index])
            cells = " | ".join(_table_cell(text) for text in texts)
            rows.append(f"| {name} | {scores[index]:.0f} | {cells} |")
    return "\n".join(rows)


def _table_cell(text: str) -> str:
    """Return a text escaped for a cell of a Markdown table, cut to 200 characters."""
    cell = text if len(text) <= 200 else text[:200] + "…"
    for character in "\\`*_|<>[]":
        cell = cell.replace(character, "\\" + character)
    return cell


def usage_commands(overrides: str) -> str:
    """Return the commands that translate and evaluate with the decoding options `overrides`."""
    return (
        f"python -m seq2seq.translate run=THIS_FOLDER input=FILE output=FILE{overrides}\n"
        f"python -m seq2seq.evaluate run=THIS_FOLDER{overrides}"
    )


def decoding_overrides(
    search: Mapping[str, Any], limits: LengthLimits, defaults: LengthLimits
) -> str:
    """Return the overrides with which a command decodes as training did.

    Args:
        search: the node `search` of the run.
        limits: the length limits of the run.
        defaults: the default length limits of the command.

    Returns:
        The overrides, each with a space before it; empty if the defaults decode in the same way.
    """
    overrides = []
    for file in sorted((CONF_DIR / "search").glob("*.yaml")):
        shipped = OmegaConf.to_container(OmegaConf.load(file))
        if isinstance(shipped, dict) and shipped["_target_"] == search["_target_"]:
            overrides += [f"search={file.stem}"] if file.stem != "greedy" else []
            overrides += [f"search.{k}={v}" for k, v in search.items() if shipped.get(k) != v]
    values, default_values = asdict(limits), asdict(defaults)
    overrides += [f"limits.{k}={v}" for k, v in values.items() if v != default_values[k]]
    return "".join(f" {override}" for override in overrides)
