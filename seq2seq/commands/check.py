"""`python -m seq2seq.check`: an audit of a corpus, and what training on it would cost."""

import logging
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from seq2seq.commands import app
from seq2seq.config.training import CheckConfig
from seq2seq.errors import ConfigError

if TYPE_CHECKING:
    from seq2seq.data.corpus import ParallelCorpus

SHOWN = 5  # examples of each finding
log = logging.getLogger("seq2seq.check")


def main() -> None:
    """Entry point of `seq2seq-check`."""
    app.run_command("check", CheckConfig, check)


def check(config: CheckConfig, _: Path) -> None:
    """Print what there is to say about the corpus, and time some steps of the model on it.

    Raises:
        UserError: the corpus cannot be read, or nothing is left of it.
    """
    if not config.task["_target_"].endswith(".TranslationTask"):
        raise ConfigError("check looks at parallel text: task=translation is what it is for")
    from seq2seq import builders  # torch comes in here
    from seq2seq.data.corpus import ParallelCorpus
    from seq2seq.tasks.translation import prepare_data
    from seq2seq.training.throughput import measure_throughput
    from seq2seq.training.train_model import build_training

    if config.steps:
        task, learner = build_training(config, print)[:2]
    else:
        prepare_data(config, print)
    corpus = builders.load_data(config.data, ParallelCorpus)[0]
    overlap_lines(corpus)
    side_lines(corpus)
    if config.steps:
        for line in measure_throughput(task, learner, config.steps):
            print(line)


def overlap_lines(corpus: "ParallelCorpus") -> None:
    """What the splits have in common."""
    from seq2seq.data.diagnostics import split_overlap

    names = list(corpus.splits)
    for place, first in enumerate(names):
        for second in names[place + 1 :]:
            found = split_overlap((first, corpus.splits[first]), (second, corpus.splits[second]))
            print(
                f"of {second}, in {first} too: {found.sources} sources, {found.targets} targets, "
                f"{found.pairs} pairs"
            )
            for example in found.examples:
                print(f"  {example}")


def side_lines(corpus: "ParallelCorpus") -> None:
    """Lengths, and lines that look like the other language."""
    from seq2seq.data.diagnostics import SAMPLE_LINES, length_statistics, misplaced_lines

    for name, pairs in corpus.splits.items():
        if next(iter(pairs), None) is None:
            print(f"{name}: there is nothing in it")
            continue
        for side in ("source", "target"):
            found = length_statistics((getattr(pair, side) for pair in pairs), SHOWN)
            longest = ", ".join(f"line {line}: {size}" for line, size in found.longest)
            print(
                f"{name} {side}: {found.mean:.1f} characters a line, median {found.median}; "
                f"longest {longest}"
            )
        wrong = misplaced_lines(pairs, list(islice(corpus.splits["train"], SAMPLE_LINES)))
        count = 0
        for count, line in enumerate(wrong, 1):
            if count <= SHOWN:
                print(f"  line {line.line}: the {line.side} looks like the other: {line.text}")
        print(f"{name}: {count} lines look like the language of the other side")
