"""Time and memory of training over sequences of a length."""

import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from seq2seq.analysis import cells, isolated

TIMES, SECONDS = 3, 0.1  # work is repeated so often, and for so long, at least
WARMUP_PASSES = 2  # positions that are worked on first, so that libraries have set themselves up

Work = Callable[[], Tensor]  # forward: to what is differentiated
WorkFactory = Callable[[int], Work]  # of a length


class Cost(NamedTuple):
    """What one forward and backward pass took."""

    seconds: float
    memory: float  # MB at the peak, on top of what was there before


def cell_work(name: str, size: int, batch: int, seed: int, device: str, length: int) -> Work:
    """A fresh cell over (B, T, H) random inputs."""
    cell = cells.fresh_cell(name, size, size, seed).to(device)
    x = torch.randn(batch, length, size, device=device, requires_grad=True)
    return lambda: cell(x, cells.zero_state(cell, x), None)[0]


def measure_cost(make: WorkFactory, length: int, device: str) -> Cost:
    """The median time of forward and backward, and their memory, in this process."""
    torch.set_flush_denormal(True)
    isolated.set_mmap_threshold(isolated.EXACT_THRESHOLD)
    _forward_backward(make(WARMUP_PASSES))
    work = make(length)
    before = _reset_peak(device)
    _forward_backward(work)
    memory = _peak(device) - before
    isolated.set_mmap_threshold(isolated.USUAL_THRESHOLD)
    _forward_backward(work)
    took: list[float] = []
    while len(took) < TIMES or sum(took) < SECONDS:
        began = time.perf_counter()
        _forward_backward(work)
        _synchronize(device)
        took.append(time.perf_counter() - began)
    return Cost(statistics.median(took), max(memory, 0.0))


def _forward_backward(work: Work) -> None:
    work().sum().backward()


def _synchronize(device: str) -> None:
    if device != "cpu":
        torch.accelerator.synchronize()


def _reset_peak(device: str) -> float:
    """Start measuring the peak of the memory, and return where it stands, in MB."""
    if device == "cuda":
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
        return torch.cuda.memory_allocated() / 2**20
    isolated.reset_peak()
    return isolated.resident_memory()


def _peak(device: str) -> float:
    return (
        torch.cuda.max_memory_allocated() / 2**20
        if device == "cuda"
        else isolated.peak_resident_memory()
    )


class CostTrial(NamedTuple):
    """The cost of a length, in one of several rounds."""

    name: str
    length: int
    cost: Cost


def compare_costs(
    makes: Mapping[str, WorkFactory], lengths: Sequence[int], rounds: int, device: str
) -> Iterator[CostTrial]:
    """All of `makes` in turn at all lengths, `rounds` times, so that a busy minute hits all alike.

    On a CPU each is measured in a process of its own, and `makes` must be picklable; a GPU tells
    its memory itself, and takes long to be set up.
    """
    points = [
        (name, length) for _ in range(rounds) for length in lengths for name in makes
    ]  # fmt: skip
    work = [partial(measure_cost, makes[name], length, device) for name, length in points]
    found = (each() for each in work) if device == "cuda" else isolated.run_isolated(work)
    for (name, length), each in zip(points, found, strict=True):
        yield CostTrial(name, length, each)


def median_costs(turns: Sequence[CostTrial]) -> dict[tuple[str, int], Cost]:
    """Of the rounds, by name and length."""
    rounds: dict[tuple[str, int], list[Cost]] = {}
    for turn in turns:
        rounds.setdefault((turn.name, turn.length), []).append(turn.cost)
    return {
        key: Cost(*(statistics.median(column) for column in zip(*costs, strict=True)))
        for key, costs in rounds.items()
    }


def powers_of_two(first: int, last: int) -> list[int]:
    """The powers of two from `first`, which is one, to `last`."""
    return [2**n for n in range(first.bit_length() - 1, last.bit_length())]
