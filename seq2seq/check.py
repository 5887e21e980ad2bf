"""`python -m seq2seq.check`: an audit of a corpus, and what training on it would cost."""

import logging
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from seq2seq import command
from seq2seq.config.training import CheckConfig
from seq2seq.errors import ConfigError

if TYPE_CHECKING:
    from seq2seq.text.corpus import Corpus

SHOWN = 5  # examples of each finding
log = logging.getLogger("seq2seq.check")


def main() -> None:
    """Entry point of `seq2seq-check`."""
    command.run("check", CheckConfig, check)


def check(config: CheckConfig, _: Path) -> None:
    """Print what there is to say about the corpus, and time some steps of the model on it.

    Raises:
        UserError: the corpus cannot be read, or nothing is left of it.
    """
    if not config.task["_target_"].endswith(".TranslationTask"):
        raise ConfigError("check looks at parallel text: task=translation is what it is for")
    from seq2seq import build  # torch comes in here
    from seq2seq.tasks.translation import prepare_data
    from seq2seq.text.corpus import Corpus
    from seq2seq.training.measure import measure
    from seq2seq.training.session import make

    if config.steps:
        task, learner = make(config, print)[:2]
    else:
        prepare_data(config, print)
    corpus = build.data(config.data, Corpus)[0]
    splits(corpus)
    sides(corpus)
    if config.steps:
        for line in measure(task, learner, config.steps):
            print(line)


def splits(corpus: "Corpus") -> None:
    """What the splits have in common."""
    from seq2seq.text.checks import overlap

    names = list(corpus.splits)
    for place, first in enumerate(names):
        for second in names[place + 1 :]:
            found = overlap((first, corpus.splits[first]), (second, corpus.splits[second]))
            print(
                f"of {second}, in {first} too: {found.sources} sources, {found.targets} targets, "
                f"{found.pairs} pairs"
            )
            for example in found.examples:
                print(f"  {example}")


def sides(corpus: "Corpus") -> None:
    """Lengths, and lines that look like the other language."""
    from seq2seq.text.checks import LEARNED, lengths, misplaced

    for name, pairs in corpus.splits.items():
        if next(iter(pairs), None) is None:
            print(f"{name}: there is nothing in it")
            continue
        for side in ("source", "target"):
            found = lengths((getattr(pair, side) for pair in pairs), SHOWN)
            longest = ", ".join(f"line {line}: {size}" for line, size in found.longest)
            print(
                f"{name} {side}: {found.mean:.1f} characters a line, median {found.median}; "
                f"longest {longest}"
            )
        wrong = misplaced(pairs, list(islice(corpus.splits["train"], LEARNED)))
        count = 0
        for count, line in enumerate(wrong, 1):
            if count <= SHOWN:
                print(f"  line {line.line}: the {line.side} looks like the other: {line.text}")
        print(f"{name}: {count} lines look like the language of the other side")


if __name__ == "__main__":
    main()
