"""Throughput of training on this machine, measured on a few training steps."""

import time
from collections.abc import Iterator
from itertools import chain, count, islice

from seq2seq.hardware import peak_memory
from seq2seq.training.metric_logger import format_duration
from seq2seq.training.task import Task
from seq2seq.training.train_step import TrainStep


def measure_throughput(task: Task, train_step: TrainStep, steps: int) -> Iterator[str]:
    """Take `steps` training steps, and yield lines on the time of an epoch and the memory."""
    examples = tokens = 0
    start = time.monotonic()
    # The first step is not counted: libraries initialise themselves in it.
    batches = chain.from_iterable(task.train_data.epoch(epoch) for epoch in count())
    for number, rows in enumerate(islice(batches, steps + 1)):
        if number == 1:
            start = time.monotonic()
        result = train_step.step([task.train_data.load(rows, 0)], number + 1, 1.0)
        if number:
            examples, tokens = examples + len(rows), tokens + result.tokens
    seconds = time.monotonic() - start
    pairs = task.train_data.pairs
    epoch = format_duration(seconds / examples * pairs)
    yield f"an epoch of {pairs:,} pairs: {epoch} ({tokens / seconds:,.0f} tokens/s)"
    if (memory := peak_memory()) is not None:
        yield f"memory: {memory:,} MB at most so far"
