"""Time and memory of forward and backward passes, by sequence length."""

import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from seq2seq.analysis import cells, isolated

MIN_REPEATS, MIN_SECONDS = 3, 0.1  # a timing repeats the pass until it has reached both
WARMUP_LENGTH = 2  # positions of the first pass, in which libraries initialise themselves

Work = Callable[[], Tensor]  # a forward pass; its result is differentiated
WorkFactory = Callable[[int], Work]  # by sequence length


class Cost(NamedTuple):
    """The cost of one forward and backward pass."""

    seconds: float
    memory: float  # MB at the peak, on top of the memory before the pass


def cell_work(name: str, size: int, batch: int, seed: int, device: str, length: int) -> Work:
    """Return the forward pass of a fresh cell over random inputs (B, T, H).

    Args:
        name: a file of conf/model/cell, without its suffix.
        size: H, the size of the inputs and of the hidden state.
        batch: B, the number of sequences.
        seed: seed of weights and inputs.
        device: a device of torch.
        length: T, the number of positions.
    """
    cell = cells.fresh_cell(name, size, size, seed).to(device)
    x = torch.randn(batch, length, size, device=device, requires_grad=True)
    return lambda: cell(x, cells.zero_state(cell, x), None)[0]


def measure_cost(factory: WorkFactory, length: int, device: str) -> Cost:
    """Measure median time and peak memory of forward and backward passes, in this process."""
    torch.set_flush_denormal(True)
    isolated.set_mmap_threshold(isolated.EXACT_THRESHOLD)
    _forward_backward(factory(WARMUP_LENGTH))
    work = factory(length)
    before = _reset_peak(device)
    _forward_backward(work)
    memory = _peak(device) - before
    isolated.set_mmap_threshold(isolated.USUAL_THRESHOLD)
    _forward_backward(work)
    durations: list[float] = []
    while len(durations) < MIN_REPEATS or sum(durations) < MIN_SECONDS:
        start = time.perf_counter()
        _forward_backward(work)
        _synchronize(device)
        durations.append(time.perf_counter() - start)
    return Cost(statistics.median(durations), max(memory, 0.0))


def _forward_backward(work: Work) -> None:
    work().sum().backward()


def _synchronize(device: str) -> None:
    if device != "cpu":
        torch.accelerator.synchronize()


def _reset_peak(device: str) -> float:
    """Reset the peak of the memory, and return the memory in use, in MB."""
    if device == "cuda":
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
        return torch.cuda.memory_allocated() / 2**20
    isolated.reset_peak()
    return isolated.resident_memory()


def _peak(device: str) -> float:
    """Return the peak of the memory since `_reset_peak`, in MB."""
    if device == "cuda":
        return torch.cuda.max_memory_allocated() / 2**20
    return isolated.peak_resident_memory()


class CostTrial(NamedTuple):
    """The cost at one length, in one of several rounds."""

    name: str
    length: int
    cost: Cost


def compare_costs(
    factories: Mapping[str, WorkFactory], lengths: Sequence[int], rounds: int, device: str
) -> Iterator[CostTrial]:
    """Measure all of `factories` at all lengths, in turn, `rounds` times.

    Factories take turns, so that other load on the machine affects all alike. On a CPU each
    measurement has its own process, and `factories` must be picklable. On a GPU, which counts its
    memory itself and takes long to initialise, all measurements are in this process.
    """
    points = [
        (name, length) for _ in range(rounds) for length in lengths for name in factories
    ]  # fmt: skip
    calls = [partial(measure_cost, factories[name], length, device) for name, length in points]
    costs = (call() for call in calls) if device == "cuda" else isolated.run_isolated(calls)
    for (name, length), cost in zip(points, costs, strict=True):
        yield CostTrial(name, length, cost)


def median_costs(trials: Sequence[CostTrial]) -> dict[tuple[str, int], Cost]:
    """Compute the median over the rounds of time and of memory, by name and length."""
    rounds: dict[tuple[str, int], list[Cost]] = {}
    for trial in trials:
        rounds.setdefault((trial.name, trial.length), []).append(trial.cost)
    return {
        key: Cost(*(statistics.median(column) for column in zip(*costs, strict=True)))
        for key, costs in rounds.items()
    }


def powers_of_two(first: int, last: int) -> list[int]:
    """Return the powers of two from `first`, a power of two, to at most `last`."""
    return [2**n for n in range(first.bit_length() - 1, last.bit_length())]
