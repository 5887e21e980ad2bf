"""Throughput of training on this machine, measured on a few real steps."""

import time
from collections.abc import Iterator
from itertools import chain, count, islice

from seq2seq.hardware import peak_memory
from seq2seq.training.metric_logger import format_duration
from seq2seq.training.task import Task
from seq2seq.training.train_step import TrainStep


def measure_throughput(task: Task, learner: TrainStep, steps: int) -> Iterator[str]:
    """Take `steps` steps on the first batches, and yield the time of an epoch and the memory."""
    seen = tokens = 0
    began = time.monotonic()
    # The first step is not counted: libraries are set up in it.
    batches = chain.from_iterable(task.train_data.epoch(epoch) for epoch in count())
    for number, rows in enumerate(islice(batches, steps + 1)):
        if number == 1:
            began = time.monotonic()
        learned = learner.step([task.train_data.load(rows, 0)], number + 1, 1.0)
        if number:
            seen, tokens = seen + len(rows), tokens + learned.tokens
    took = time.monotonic() - began
    pairs = task.train_data.pairs
    epoch = took / seen * pairs
    yield f"an epoch of {pairs:,} pairs: {format_duration(epoch)} ({tokens / took:,.0f} tokens/s)"
    yield f"memory: {peak_memory():,} MB at most so far"
