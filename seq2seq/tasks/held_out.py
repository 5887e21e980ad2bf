"""What tasks that say sentences share: decoding held-out data while training, and showing some."""

import time
from collections.abc import Sequence

from seq2seq.metrics import score
from seq2seq.run import Pair
from seq2seq.training.pictures import spread
from seq2seq.training.report import Report
from seq2seq.training.task import Result
from seq2seq.translator import Translator


class Validator:
    """Translates the validation text with the weights as they are.

    The BLEU is the one that `translate` followed by `evaluate` would give.
    """

    def __init__(
        self, translator: Translator, pairs: list[Pair], language: str, shown: int
    ) -> None:
        """Validate on `pairs`, raw, whose targets are in `language`, and show some of them."""
        self.translator, self.pairs, self.language, self.shown = translator, pairs, language, shown

    def __call__(self, report: Report, step: int) -> Result:
        began = time.monotonic()
        hypotheses = self.translator.translate(
            [pair.source for pair in self.pairs], [pair.document for pair in self.pairs]
        )
        references = [pair.target for pair in self.pairs]
        bleu, chrf = score(hypotheses, references, self.language, ("bleu", "chrf"))
        took = time.monotonic() - began
        report.say(f"validation at step {step}: {bleu}   {chrf}   ({took:.1f} s)")
        for index in spread(len(self.pairs), self.shown):
            pair = self.pairs[index]
            report.say(
                f"  {pair.source}\n    reference    {pair.target}\n"
                f"    translation  {hypotheses[index]}"
            )
        return Result(bleu.value, {"bleu": bleu.value, "chrf": chrf.value}, took)


def samples(pairs: Sequence[Pair], hypotheses: Sequence[str], count: int) -> list[str]:
    """Some held-out sentences, for people."""
    return [
        f"source       {pairs[i].source}\n"
        f"reference    {pairs[i].target}\n"
        f"translation  {hypotheses[i]}"
        for i in spread(len(pairs), count)
    ]


def commands(name: str) -> str:
    """How a run that says sentences is used and scored."""
    return (
        f"python -m seq2seq.{name} run=THIS_FOLDER input=FILE output=FILE\n"
        "python -m seq2seq.evaluate run=THIS_FOLDER"
    )
