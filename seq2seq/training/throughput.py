"""Throughput of training on this machine, measured on a few training steps."""

import time
from collections.abc import Iterator
from itertools import chain, count, islice
from math import inf
from typing import NamedTuple

from seq2seq.hardware import peak_memory
from seq2seq.training.metric_logger import format_duration
from seq2seq.training.task import Task
from seq2seq.training.train_step import TrainStep


class Throughput(NamedTuple):
    """Counts of some training steps, and their time."""

    examples: int
    tokens: int  # labels
    seconds: float


def time_steps(task: Task, train_step: TrainStep, steps: int, limit: float = inf) -> Throughput:
    """Take `steps` training steps, fewer when `limit` seconds are over, and one before them.

    That first step is not counted: libraries initialise themselves in it.
    """
    examples = tokens = 0
    begin = start = time.monotonic()
    batches = chain.from_iterable(task.train_data.epoch(epoch) for epoch in count())
    for number, rows in enumerate(islice(batches, steps + 1)):
        if number == 1:
            start = time.monotonic()
        result = train_step.step([task.train_data.load(rows, 0)], number + 1, 1.0)
        if number:
            examples, tokens = examples + len(rows), tokens + result.tokens
            if time.monotonic() - begin > limit:
                break
    return Throughput(examples, tokens, time.monotonic() - start)


def measure_throughput(task: Task, train_step: TrainStep, steps: int) -> Iterator[str]:
    """Take `steps` training steps, and yield lines on the time of an epoch and the memory."""
    measured = time_steps(task, train_step, steps)
    pairs = task.train_data.pairs
    epoch = format_duration(measured.seconds / measured.examples * pairs)
    speed = measured.tokens / measured.seconds
    yield f"an epoch of {pairs:,} pairs: {epoch} ({speed:,.0f} tokens/s)"
    if (memory := peak_memory()) is not None:
        yield f"memory: {memory:,} MB at most so far"
