"""Decoding held-out text while training: the BLEU that `translate` and `evaluate` would give."""

import time
from typing import NamedTuple

from seq2seq.metrics import score
from seq2seq.run import Pair
from seq2seq.training.report import Report
from seq2seq.translator import Translator


class Result(NamedTuple):
    """What a validation gave."""

    bleu: float
    chrf: float
    seconds: float  # that it took


class Validator:
    """Translates the validation text with the weights as they are."""

    def __init__(
        self, translator: Translator, pairs: list[Pair], language: str, samples: int, later: int
    ) -> None:
        """Validate on `pairs`.

        Args:
            translator: of the model that is trained.
            pairs: raw text.
            language: of the targets, which decides how BLEU cuts them into words.
            samples: how many translations to show.
            later: lines that are still to be translated after training, for planning.
        """
        self.translator, self.pairs, self.language = translator, pairs, language
        self.samples, self.later = samples, later

    def __call__(self, report: Report, step: int) -> Result:
        began = time.monotonic()
        hypotheses = self.translator.translate([pair.source for pair in self.pairs])
        bleu, chrf = score(
            hypotheses, [pair.target for pair in self.pairs], self.language, ("bleu", "chrf")
        )
        took = time.monotonic() - began
        report.say(f"validation at step {step}: {bleu}   {chrf}   ({took:.1f} s)")
        for index in spread(len(self.pairs), self.samples):
            pair = self.pairs[index]
            report.say(
                f"  {pair.source}\n    reference    {pair.target}\n"
                f"    translation  {hypotheses[index]}"
            )
        return Result(bleu.value, chrf.value, took)

    def reserve(self, seconds: float) -> float:
        """What one more validation and the text after training will take, with a margin."""
        return 1.2 * seconds * (1 + self.later / max(1, len(self.pairs))) + 8


def spread(of: int, count: int) -> list[int]:
    """`count` places of `of`, evenly apart, fewer where there are not as many."""
    count = min(of, count)
    return [of * i // count for i in range(count)]
