"""Fitting of open options to the text, the time and this machine: measure facts, apply rules."""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

from seq2seq import builders
from seq2seq.config.fitted import option_value, with_options
from seq2seq.config.ranges import parse_duration
from seq2seq.config.training import TrainConfig
from seq2seq.data.corpus import ParallelCorpus
from seq2seq.text.tokenizer_training import required_characters
from seq2seq.text.transforms import TextTransforms
from seq2seq.training import sizing
from seq2seq.training.sizing import (
    ChosenOption,
    CorpusFacts,
    NetworkSize,
    TokenFacts,
    TrainingSpeed,
)
from seq2seq.training.task import Task
from seq2seq.training.throughput import time_steps
from seq2seq.training.train_model import build_training
from seq2seq.training.train_step import TrainStep

C = TypeVar("C", bound=TrainConfig)
PROBED = (sizing.NETWORK_SIZES[0], sizing.NETWORK_SIZES[-2])  # networks whose speed is measured
PROBE_SHARE, PROBE_SECONDS = 0.01, 4.0  # of the budget, and at most, for the steps of both
PROBE_STEPS = 10  # of each network, at most
CHARACTER_SAMPLE = 100_000  # pairs whose characters are counted


def fit_options(config: C, notify: Callable[[str], None]) -> tuple[C, float]:
    """Choose the options that `config.fitted` leaves open, and notify of each with its reason.

    Returns:
        The options, and the seconds that a download of the corpus took.

    Raises:
        UserError: the corpus cannot be read, or no pair is left to train on.
    """
    started = time.monotonic()
    corpus, download = builders.load_data(config.data, ParallelCorpus)
    fitting = _Fitting(config, notify)
    budget = parse_duration(config.train.budget) if config.train.budget else None
    if config.tokenizer.kind != "byte":  # which has the same tokens for any text
        fitting.apply([sizing.choose_vocab_size(corpus_facts(corpus, config), budget)])
    tokens, measured = fitting.measure()
    sizes = [fitting.size(size) for size in sizing.NETWORK_SIZES]
    if budget is None:
        fitting.apply(
            sizing.choose_training(tokens, [TrainingSpeed(size, 0.0) for size in sizes], None)
        )
        return fitting.config, download
    speeds = [
        TrainingSpeed(size, sizing.seconds_per_pair(size, tokens, measured)) for size in sizes
    ]
    left = budget - (time.monotonic() - started - download)
    fitting.apply(sizing.choose_training(tokens, speeds, left))
    return fitting.config, download


def corpus_facts(corpus: ParallelCorpus, config: TrainConfig) -> CorpusFacts:
    """Count the pairs of a corpus and the characters that its pieces are made of."""
    transform = TextTransforms(config.tokenizer.transforms)
    counts: Counter[str] = Counter()
    pairs = 0
    for pair in corpus.splits["train"]:
        pairs += 1
        if pairs <= CHARACTER_SAMPLE:
            counts.update(transform(pair.source) + transform(pair.target))
    return CorpusFacts(pairs, required_characters(counts, config.tokenizer.character_coverage))


class _Fitting(Generic[C]):
    """Options of which the open ones are chosen one after the other."""

    def __init__(self, config: C, notify: Callable[[str], None]) -> None:
        self.config, self.notify = config, notify

    def apply(self, choices: Iterable[ChosenOption]) -> None:
        """Set the options that are open to their chosen values."""
        for option, value, reason in choices:
            if option in self.config.fitted:
                self.config = with_options(self.config, {option: value})
                self.notify(f"{option}={value}: {reason}")
            else:
                self.notify(f"{option}={option_value(self.config, option)}: given")

    def with_size(self, size: NetworkSize) -> C:
        """Return the options with the open ones among the sizes from `size`."""
        values = {option: value for option, value in size.options() if option in self.config.fitted}
        return with_options(self.config, values)

    def size(self, size: NetworkSize) -> NetworkSize:
        """Return `size` with the sizes that are given in place of its own."""
        model = self.with_size(size).model
        return NetworkSize(
            model.embedding_size, model.encoder.size, model.decoder.size, model.decoder.layers
        )

    def measure(self) -> tuple[TokenFacts, list[TrainingSpeed]]:
        """Prepare the corpus and count its tokens; with a budget, time some steps of two sizes."""
        speeds: list[TrainingSpeed] = []
        task, train_step = self._build(PROBED[0])
        tokens = token_facts(task)
        if self.config.train.budget is None:
            return tokens, speeds
        share = PROBE_SHARE * parse_duration(self.config.train.budget)
        for probed in PROBED:
            if speeds:
                task, train_step = self._build(probed)
            measured = time_steps(task, train_step, PROBE_STEPS, min(PROBE_SECONDS, share) / 2)
            speeds.append(TrainingSpeed(self.size(probed), measured.seconds / measured.examples))
        return tokens, speeds

    def _build(self, size: NetworkSize) -> tuple[Task, TrainStep]:
        return build_training(self.with_size(size), lambda _: None)[:2]


def token_facts(task: Any) -> TokenFacts:
    """Count the training pairs of a `TranslationTask` and their tokens."""
    table = task.prepared.train.data
    lengths = (table.column(f"{side}_length").to_numpy() for side in ("source", "target"))
    source, target = (float(column.mean()) for column in lengths)
    vocab_size = task.prepared.target_tokenizer.vocab_size
    return TokenFacts(task.train_data.pairs, source, target, vocab_size)
