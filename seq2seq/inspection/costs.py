"""Time and memory of training over sequences of a length."""

import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from seq2seq.inspection import alone, fresh

TIMES, SECONDS = 3, 0.1  # work is repeated so often, and for so long, at least
WARM = 2  # positions that are worked on first, so that libraries have set themselves up

Work = Callable[[], Tensor]  # forward: to what is differentiated
Make = Callable[[int], Work]  # of a length


class Cost(NamedTuple):
    """What one forward and backward pass took."""

    seconds: float
    memory: float  # MB at the peak, on top of what was there before


def cell_work(name: str, size: int, batch: int, seed: int, device: str, length: int) -> Work:
    """A fresh cell over (B, T, H) random inputs."""
    cell = fresh.cell(name, size, size, seed).to(device)
    x = torch.randn(batch, length, size, device=device, requires_grad=True)
    return lambda: cell.sequence(x, fresh.start(cell, x), None)[0]


def cost(make: Make, length: int, device: str) -> Cost:
    """The median time of forward and backward, and their memory, in this process."""
    torch.set_flush_denormal(True)
    alone.keep_freed(alone.EXACT)
    _pass(make(WARM))
    work = make(length)
    before = _begin(device)
    _pass(work)
    memory = _peak(device) - before
    alone.keep_freed(alone.USUAL)
    _pass(work)
    took: list[float] = []
    while len(took) < TIMES or sum(took) < SECONDS:
        began = time.perf_counter()
        _pass(work)
        _wait(device)
        took.append(time.perf_counter() - began)
    return Cost(statistics.median(took), max(memory, 0.0))


def _pass(work: Work) -> None:
    work().sum().backward()


def _wait(device: str) -> None:
    if device != "cpu":
        torch.accelerator.synchronize()


def _begin(device: str) -> float:
    """Start measuring the peak of the memory, and return where it stands, in MB."""
    if device == "cuda":
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
        return torch.cuda.memory_allocated() / 2**20
    alone.forget()
    return alone.resident()


def _peak(device: str) -> float:
    return torch.cuda.max_memory_allocated() / 2**20 if device == "cuda" else alone.peak()


class Turn(NamedTuple):
    """The cost of a length, in one of several rounds."""

    name: str
    length: int
    cost: Cost


def compare(
    makes: Mapping[str, Make], lengths: Sequence[int], rounds: int, device: str
) -> Iterator[Turn]:
    """All of `makes` in turn at all lengths, `rounds` times, so that a busy minute hits all alike.

    On a CPU each is measured in a process of its own, and `makes` must be picklable; a GPU tells
    its memory itself, and takes long to be set up.
    """
    points = [
        (name, length) for _ in range(rounds) for length in lengths for name in makes
    ]  # fmt: skip
    work = [partial(cost, makes[name], length, device) for name, length in points]
    found = (each() for each in work) if device == "cuda" else alone.alone(work)
    for (name, length), each in zip(points, found, strict=True):
        yield Turn(name, length, each)


def medians(turns: Sequence[Turn]) -> dict[tuple[str, int], Cost]:
    """Of the rounds, by name and length."""
    rounds: dict[tuple[str, int], list[Cost]] = {}
    for turn in turns:
        rounds.setdefault((turn.name, turn.length), []).append(turn.cost)
    return {
        key: Cost(*(statistics.median(column) for column in zip(*costs, strict=True)))
        for key, costs in rounds.items()
    }


def powers(first: int, last: int) -> list[int]:
    """The powers of two from `first`, which is one, to `last`."""
    return [2**n for n in range(first.bit_length() - 1, last.bit_length())]
