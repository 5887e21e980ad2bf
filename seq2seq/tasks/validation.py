"""What tasks that say sentences share: decoding held-out data while training, and showing some."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from omegaconf import OmegaConf

from seq2seq.config.paths import CONF_DIR
from seq2seq.config.training import LengthLimits
from seq2seq.evaluation.metrics import score
from seq2seq.inference.translator import Translator
from seq2seq.run_folder import HeldOutPair
from seq2seq.training.metric_logger import MetricLogger
from seq2seq.training.plots import evenly_spaced
from seq2seq.training.task import ValidationResult


class Validator:
    """Translates the validation text with the weights as they are.

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
        report.message(f"validation at step {step}: {bleu}   {chrf}   ({took:.1f} s)")
        for index in evenly_spaced(len(self.pairs), self.shown):
            pair = self.pairs[index]
            report.message(
                f"  {pair.source}\n    reference    {pair.target}\n"
                f"    translation  {hypotheses[index]}"
            )
        return ValidationResult(bleu.value, {"bleu": bleu.value, "chrf": chrf.value}, took)


def sample_translations(
    pairs: Sequence[HeldOutPair], hypotheses: Sequence[str], count: int
) -> list[str]:
    """Some held-out sentences, for people."""
    return [
        f"source       {pairs[i].source}\n"
        f"reference    {pairs[i].target}\n"
        f"translation  {hypotheses[i]}"
        for i in evenly_spaced(len(pairs), count)
    ]


def usage_commands(used: str) -> str:
    """How a translator is used and scored, with the `overrides` that it was scored with."""
    return (
        f"python -m seq2seq.translate run=THIS_FOLDER input=FILE output=FILE{used}\n"
        f"python -m seq2seq.evaluate run=THIS_FOLDER{used}"
    )


def decoding_overrides(search: Mapping[str, Any], limits: LengthLimits, usual: LengthLimits) -> str:
    """What a command that uses a run is given for it to decode as in training.

    Args:
        search: the node that the run was trained with.
        limits: likewise.
        usual: the limits that the command has by itself.

    Returns:
        Words with a space before each; none where the command would do the same by itself.
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
