"""Time and memory of every cell against the length of the sequence, beside torch's own.

python benchmarks/cells.py [LONGEST [BATCH [SIZE [ROUNDS [DEVICE]]]]]      2048 64 512 3 cpu

Forward and backward of one layer over random inputs, BATCH sequences of 16 to LONGEST positions,
states of SIZE; on a CPU each in a process of its own. All take turns, and medians are told. The
same for what makes inputs of pieces, of a vocabulary of 8,000: looking a row up, and a one-hot
vector times a matrix, to 256 positions: at 2,048 the one-hot vectors alone would be 12 GB.
"""

import sys
from collections.abc import Sequence
from functools import partial

import torch

from benchmarks import results
from seq2seq.analysis import profiling
from seq2seq.analysis.profiling import Cost, Work, WorkFactory
from seq2seq.config.paths import cell_files
from seq2seq.model.embeddings import Embedding, OneHotEmbedding

SHORTEST, LONGEST, ONE_HOT = 16, 2048, 256  # positions; the last is the most of a one-hot input
PIECES, SEED = 8000, 1
KERNELS = {"torch RNN": torch.nn.RNN, "torch GRU": torch.nn.GRU, "torch LSTM": torch.nn.LSTM}
INPUTS = {"embedding": Embedding, "one-hot": OneHotEmbedding}
Found = dict[tuple[str, int], Cost]


def kernel(name: str, size: int, batch: int, device: str, length: int) -> Work:
    """One of torch's layers over (B, T, H) random inputs."""
    layer = KERNELS[name](size, size, batch_first=True).to(device)
    x = torch.randn(batch, length, size, device=device, requires_grad=True)
    return lambda: layer(x)[0]


def inputs(name: str, size: int, batch: int, device: str, length: int) -> Work:
    """Random pieces (B, T) to vectors (B, T, E)."""
    layer = INPUTS[name](PIECES, size, 0.0).to(device)
    tokens = torch.randint(PIECES, (batch, length), device=device)
    return lambda: layer(tokens)


def measured(makes: dict[str, WorkFactory], longest: int, rounds: int, device: str) -> Found:
    """The medians of all rounds, which are told as they come."""
    turns = []
    for turn in profiling.compare_costs(
        makes, profiling.powers_of_two(SHORTEST, longest), rounds, device
    ):
        turns.append(turn)
        milliseconds, memory = 1000 * turn.cost.seconds, turn.cost.memory
        told = f"{turn.name:<14}{turn.length:>6}{milliseconds:>10,.1f} ms{memory:>9,.0f} MB"
        print(told, file=sys.stderr)
    return profiling.median_costs(turns)


def panels(kind: str, found: Found) -> dict[str, dict[str, list[results.Point]]]:
    """Curves of time and of memory, and tables of both."""
    made: dict[str, dict[str, list[results.Point]]] = {}
    names, lengths = (list(dict.fromkeys(column)) for column in zip(*found, strict=True))
    for label, factor, field in (("ms", 1000, "seconds"), ("MB", 1, "memory")):
        made[f"{kind}: {label}"] = {
            name: [(n, factor * getattr(found[name, n], field)) for n in lengths] for name in names
        }
        rows = [
            (name, *(f"{value:,.1f}" for _, value in points))
            for name, points in made[f"{kind}: {label}"].items()
        ]
        results.table((f"{kind}, {label}", *(f"{n:,}" for n in lengths)), rows)
    return made


def main(arguments: Sequence[str]) -> None:
    """The command line."""
    numbers = [int(word) for word in arguments[:4]]
    longest, batch, size, rounds = [*numbers, *(LONGEST, 64, 512, 3)[len(numbers) :]]
    device = arguments[4] if len(arguments) > 4 else "cpu"
    layers: dict[str, WorkFactory] = {
        name: partial(profiling.cell_work, name, size, batch, SEED, device) for name in cell_files()
    }
    layers |= {name: partial(kernel, name, size, batch, device) for name in KERNELS}
    ways: dict[str, WorkFactory] = {
        name: partial(inputs, name, size, batch, device) for name in INPUTS
    }
    found = {
        "cells": measured(layers, longest, rounds, device),
        "inputs": measured(ways, min(longest, ONE_HOT), rounds, device),
    }
    curves: dict[str, dict[str, list[results.Point]]] = {}
    for kind, costs_of in found.items():
        curves |= panels(kind, costs_of)
    points = [
        {"kind": kind, "name": name, "length": length, **cost._asdict()}
        for kind, costs_of in found.items()
        for (name, length), cost in costs_of.items()
    ]
    picture = results.plot_lines(curves, "length of the sequence, positions", (True, True))
    about = {"batch": batch, "size": size, "rounds": rounds, "device": device}
    results.save("cells", {**about, "points": points}, picture)


if __name__ == "__main__":
    main(sys.argv[1:])
