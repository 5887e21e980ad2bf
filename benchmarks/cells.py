"""Time and memory of every cell against the sequence length, beside torch's own layers.

python benchmarks/cells.py [LONGEST [BATCH [SIZE [ROUNDS [DEVICE]]]]]      2048 64 512 3 cpu

Forward and backward pass of one layer over random inputs, BATCH sequences of 16 to LONGEST
positions, hidden states of SIZE; on a CPU each in a process of its own. All take turns; the results
are medians. The same for two embeddings of a vocabulary of 8,000 tokens: the lookup of a row, and a
one-hot vector times a matrix, up to 256 positions: at 2,048 the one-hot vectors alone would take
12 GB.
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

SHORTEST, LONGEST, ONE_HOT = 16, 2048, 256  # positions; the last is the longest one-hot input
VOCAB_SIZE, SEED = 8000, 1
KERNELS = {"torch RNN": torch.nn.RNN, "torch GRU": torch.nn.GRU, "torch LSTM": torch.nn.LSTM}
INPUTS = {"embedding": Embedding, "one-hot": OneHotEmbedding}
Costs = dict[tuple[str, int], Cost]


def kernel(name: str, size: int, batch: int, device: str, length: int) -> Work:
    """Return the forward pass of one of torch's layers over random inputs (B, T, H)."""
    layer = KERNELS[name](size, size, batch_first=True).to(device)
    x = torch.randn(batch, length, size, device=device, requires_grad=True)
    return lambda: layer(x)[0]


def inputs(name: str, size: int, batch: int, device: str, length: int) -> Work:
    """Return the forward pass of an embedding from random tokens (B, T) to vectors (B, T, E)."""
    layer = INPUTS[name](VOCAB_SIZE, size, 0.0).to(device)
    tokens = torch.randint(VOCAB_SIZE, (batch, length), device=device)
    return lambda: layer(tokens)


def measure(factories: dict[str, WorkFactory], longest: int, rounds: int, device: str) -> Costs:
    """Measure all lengths, print each trial to stderr, and return medians over the rounds."""
    trials = []
    lengths = profiling.powers_of_two(SHORTEST, longest)
    for trial in profiling.compare_costs(factories, lengths, rounds, device):
        trials.append(trial)
        milliseconds, memory = 1000 * trial.cost.seconds, trial.cost.memory
        line = f"{trial.name:<14}{trial.length:>6}{milliseconds:>10,.1f} ms{memory:>9,.0f} MB"
        print(line, file=sys.stderr)
    return profiling.median_costs(trials)


def panels(kind: str, costs: Costs) -> dict[str, dict[str, list[results.Point]]]:
    """Print tables of time and of memory, and return their curves by panel and name."""
    curves: dict[str, dict[str, list[results.Point]]] = {}
    names, lengths = (list(dict.fromkeys(column)) for column in zip(*costs, strict=True))
    for label, factor, field in (("ms", 1000, "seconds"), ("MB", 1, "memory")):
        curves[f"{kind}: {label}"] = {
            name: [(n, factor * getattr(costs[name, n], field)) for n in lengths] for name in names
        }
        rows = [
            (name, *(f"{value:,.1f}" for _, value in points))
            for name, points in curves[f"{kind}: {label}"].items()
        ]
        results.table((f"{kind}, {label}", *(f"{n:,}" for n in lengths)), rows)
    return curves


def main(arguments: Sequence[str]) -> None:
    """Run the command line."""
    results.show_help(arguments, __doc__)
    numbers = [int(word) for word in arguments[:4]]
    longest, batch, size, rounds = [*numbers, *(LONGEST, 64, 512, 3)[len(numbers) :]]
    device = arguments[4] if len(arguments) > 4 else "cpu"
    layers: dict[str, WorkFactory] = {
        name: partial(profiling.cell_work, name, size, batch, SEED, device) for name in cell_files()
    }
    layers |= {name: partial(kernel, name, size, batch, device) for name in KERNELS}
    embeddings: dict[str, WorkFactory] = {
        name: partial(inputs, name, size, batch, device) for name in INPUTS
    }
    costs = {
        "cells": measure(layers, longest, rounds, device),
        "inputs": measure(embeddings, min(longest, ONE_HOT), rounds, device),
    }
    curves: dict[str, dict[str, list[results.Point]]] = {}
    for kind, costs_of in costs.items():
        curves |= panels(kind, costs_of)
    points = [
        {"kind": kind, "name": name, "length": length, **cost._asdict()}
        for kind, costs_of in costs.items()
        for (name, length), cost in costs_of.items()
    ]
    figure = results.plot_lines(curves, "sequence length, positions", (True, True))
    options = {"batch": batch, "size": size, "rounds": rounds, "device": device}
    results.save("cells", {**options, "points": points}, figure)


if __name__ == "__main__":
    main(sys.argv[1:])
