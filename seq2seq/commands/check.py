"""`python -m seq2seq.check`: an audit of a corpus, and the speed of training on it."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from hydra.core.hydra_config import HydraConfig

from seq2seq.commands import app
from seq2seq.config.checking import CheckConfig
from seq2seq.errors import ConfigError
from seq2seq.storage.files import made_folder
from seq2seq.storage.visible import visible

if TYPE_CHECKING:
    from seq2seq.data.corpus import ParallelCorpus

MAX_EXAMPLES = 5  # examples of each finding
log = logging.getLogger("seq2seq.check")


def main() -> None:
    """Entry point of `seq2seq-check`."""
    app.run_command("check", CheckConfig, check)


def check(config: CheckConfig, folder: Path) -> None:
    """Print an audit of the corpus, and time some training steps of the model on it.

    Raises:
        UserError: the corpus cannot be read, or no training pair remains after cleaning.
    """
    if not config.task["_target_"].endswith(".TranslationTask"):
        raise ConfigError("check audits parallel text: it needs task=translation")
    if config.output is not None:
        require_empty_folder(config.output)
    from seq2seq import builders  # torch is imported here
    from seq2seq.data.corpus import ParallelCorpus
    from seq2seq.run_folder import RunFolder
    from seq2seq.tasks.fitting import fit_options
    from seq2seq.tasks.translation_data import prepare_data
    from seq2seq.training.initial import with_initial_options
    from seq2seq.training.throughput import measure_throughput
    from seq2seq.training.train_model import build_training

    config = with_initial_options(RunFolder(folder), config, HydraConfig.get().overrides.task)
    if config.fitted:
        config = fit_options(config, show)[0]
    if config.steps:
        task, train_step = build_training(config, show)[:2]
    else:
        prepare_data(config, show)
    corpus = builders.load_data(config.data, ParallelCorpus)[0]
    if config.output is not None:
        write_output(corpus, config, Path(config.output))
    overlap_lines(corpus)
    side_lines(corpus)
    if config.steps:
        for line in measure_throughput(task, train_step, config.steps):
            show(line)


def show(line: str) -> None:
    """Print a line without control characters: a corpus may hold escape sequences."""
    print(visible(line))


def require_empty_folder(name: str) -> None:
    """Require that a folder for output is empty or not there: it might hold the corpus itself.

    Raises:
        ConfigError: there is something in it, or it is a file.
    """
    folder = Path(name)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError(f"output must be a new or an empty folder, not {name}")


def write_output(corpus: "ParallelCorpus", config: CheckConfig, folder: Path) -> None:
    """Write the cleaned corpus and the pairs that were dropped into `folder`, and tell of it."""
    from seq2seq.data.cleaned_corpus import DROPPED_FILE, write_cleaned
    from seq2seq.text.transforms import TextTransforms

    with made_folder(folder):
        transform = TextTransforms(config.tokenizer.transforms)
        heldout = config.heldout if config.hold_out else None
        audit = write_cleaned(corpus, config.clean, transform, folder, heldout)
    for name, count in audit.splits.items():
        if count.read:
            show(f"{folder}: {count.kept:,} of {count.read:,} pairs in {name}.*")
    show(f"{folder / DROPPED_FILE} has the other pairs, each with its reason")


def overlap_lines(corpus: "ParallelCorpus") -> None:
    """Print the sentences that splits share."""
    from seq2seq.data.diagnostics import split_overlap

    names = list(corpus.splits)
    for index, first in enumerate(names):
        for second in names[index + 1 :]:
            overlap = split_overlap((first, corpus.splits[first]), (second, corpus.splits[second]))
            print(
                f"of {second}, in {first} too: {overlap.sources} sources, "
                f"{overlap.targets} targets, {overlap.pairs} pairs"
            )
            for example in overlap.examples:
                show(f"  {example}")


def side_lines(corpus: "ParallelCorpus") -> None:
    """Print lengths, and references of HTML."""
    from seq2seq.data.diagnostics import length_statistics
    from seq2seq.data.entities import count_entities

    for name, pairs in corpus.splits.items():
        if next(iter(pairs), None) is None:
            print(f"{name}: there is nothing in it")
            continue
        for side in ("source", "target"):
            lengths = length_statistics((getattr(pair, side) for pair in pairs), MAX_EXAMPLES)
            longest = ", ".join(f"line {line}: {size}" for line, size in lengths.longest)
            print(
                f"{name} {side}: {lengths.mean:.1f} characters a line, median {lengths.median}; "
                f"longest {longest}"
            )
            entities = count_entities(getattr(pair, side) for pair in pairs)
            if entities.lines:
                names = ", ".join(f"{entity} {n:,}" for entity, n in entities.counts.items())
                show(
                    f"{name} {side}: {entities.lines:,} lines have HTML entities ({names}): "
                    "unescape them, as with html.unescape of Python"
                )
