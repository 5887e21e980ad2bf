"""Validation and samples of the tasks that generate sentences."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from omegaconf import OmegaConf
from sacrebleu.metrics.chrf import CHRF

from seq2seq.config.paths import CONF_DIR
from seq2seq.config.training import LengthLimits
from seq2seq.evaluation.metrics import score
from seq2seq.inference.translator import Translator
from seq2seq.run_folder import HeldOutPair
from seq2seq.training.metric_logger import MetricLogger
from seq2seq.training.plots import evenly_spaced
from seq2seq.training.task import ValidationResult


class Validator:
    """Translate the validation text with the current weights, and score it.

    The BLEU is the one that `translate` followed by `evaluate` would give.
    """

    def __init__(
        self, translator: Translator, pairs: list[HeldOutPair], language: str, shown: int
    ) -> None:
        """Validate on `pairs`, raw, whose targets are in `language`, and show some of them."""
        self.translator, self.pairs, self.language, self.shown = translator, pairs, language, shown

    def __call__(self, report: MetricLogger, step: int) -> ValidationResult:
        began = time.monotonic()
        hypotheses = self.translator.translate(
            [pair.source for pair in self.pairs], [pair.document for pair in self.pairs]
        )
        references = [pair.target for pair in self.pairs]
        bleu, chrf = score(hypotheses, references, self.language, ("bleu", "chrf"))
        took = time.monotonic() - began
        report.message(
            f"validation at step {step}: BLEU {bleu.value:.2f}  chrF {chrf.value:.2f}  "
            f"({took:.1f} s)"
        )
        sizes = [len(pair.source) for pair in self.pairs]
        for index in changing_samples(sizes, self.shown, step):
            pair = self.pairs[index]
            report.message(
                f"  {pair.source}\n    reference    {pair.target}\n"
                f"    translation  {hypotheses[index]}"
            )
        return ValidationResult(bleu.value, {"bleu": bleu.value, "chrf": chrf.value}, took)


def changing_samples(sizes: Sequence[int], count: int, seed: int) -> list[int]:
    """Return indices of `count` random lines, others for each `seed`, one of them a long one.

    Args:
        sizes: characters of each line.
        count: of the indices, fewer where there are fewer lines.
        seed: the step, for example.
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

    They are ordered by the chrF of each sentence, from 0 to 100.
    """
    metric = CHRF()
    scores = [
        metric.sentence_score(hypothesis, [pair.target]).score
        for hypothesis, pair in zip(hypotheses, pairs, strict=True)
    ]
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
    """Return a text as it stands in a cell of a Markdown table, cut to 200 characters."""
    cut = text if len(text) <= 200 else text[:200] + "…"
    for mark in "\\`*_|<>[]":
        cut = cut.replace(mark, "\\" + mark)
    return cut


def usage_commands(used: str) -> str:
    """Return the commands that translate and evaluate with the overrides `used`."""
    return (
        f"python -m seq2seq.translate run=THIS_FOLDER input=FILE output=FILE{used}\n"
        f"python -m seq2seq.evaluate run=THIS_FOLDER{used}"
    )


def decoding_overrides(search: Mapping[str, Any], limits: LengthLimits, usual: LengthLimits) -> str:
    """Return the overrides with which a command decodes as training did.

    Args:
        search: node of the run.
        limits: of the run.
        usual: default limits of the command.

    Returns:
        Words with a space before each; empty where the defaults do the same.
    """
    words = []
    for file in sorted((CONF_DIR / "search").glob("*.yaml")):
        shipped = OmegaConf.to_container(OmegaConf.load(file))
        if isinstance(shipped, dict) and shipped["_target_"] == search["_target_"]:
            words += [f"search={file.stem}"] if file.stem != "greedy" else []
            words += [f"search.{k}={v}" for k, v in search.items() if shipped.get(k) != v]
    now, before = asdict(limits), asdict(usual)
    words += [f"limits.{k}={v}" for k, v in now.items() if v != before[k]]
    return "".join(f" {word}" for word in words)
