"""What truncating backpropagation in time saves, and what it costs.

python benchmarks/truncated_bptt.py [SECONDS [LONGEST [K ...]]]      75 4096 1 4 16 64 256

Memory: 32 streams of a language model's text of 64 to LONGEST positions are learned from, whole
and in chunks of 64 (the model of the recipe char-lm); each in a process of its own, whose peak
counts on top of what it had after a first short step. Quality: bits a character of validation text
after SECONDS of training (the whole command) with train.bptt=K, for each K: a smaller model on the
recipe's text, always 512 positions a batch, so that what differs is how far back the
gradient goes.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from accelerate import Accelerator

from benchmarks import results
from seq2seq import builders
from seq2seq.analysis import isolated, profiling
from seq2seq.commands import compose
from seq2seq.config.training import TrainConfig
from seq2seq.config.validation import to_schema
from seq2seq.data.token_stream import StreamDataset
from seq2seq.tasks.language_model import stream_segments
from seq2seq.training.train_step import TrainStep

STREAMS, CHUNK, PIECES, SHORTEST = 32, 64, 100, 64
POSITIONS = 512  # in one batch
REACHES = (1, 4, 16, 64, 256)  # values of train.bptt
MODEL = [
    "model.embedding_size=64",
    "model.decoder.size=192",
    "model.dropout=0",
    "optimizer.lr=5e-3",
]
MODEL += ["train.log_interval=1000000"]
MODEL += ["train.ema.decay=0"]  # over few steps it would keep too much of the first weights


def peak(length: int, chunk: int) -> float:
    """MB on top of weights and optimiser, to learn from `length` positions in chunks."""
    torch.set_flush_denormal(True)
    isolated.set_mmap_threshold(isolated.EXACT_THRESHOLD)
    config = to_schema(compose.compose("train", ["+recipe=char-lm"]), TrainConfig)
    model = builders.build_language_model(config.model, PIECES)
    optimizer = builders.instantiate_node(
        "optimizer", config.optimizer, {"parameters": model.parameters()}
    )
    learner = TrainStep(model, stream_segments, optimizer, Accelerator(cpu=True), 1.0, 0.0, 1)
    tokens = np.random.default_rng(1).integers(4, PIECES, STREAMS * length + 1, dtype=np.int32)
    short, feed = StreamDataset(tokens, STREAMS, 2, 1), StreamDataset(tokens, STREAMS, chunk, 1)
    learner.step([short.load(next(iter(short.epoch(0))), 0)], 1, 1.0)
    isolated.reset_peak()
    before = isolated.resident_memory()
    for number, rows in enumerate(feed.epoch(0), 2):
        learner.step([feed.load(rows, 0)], number, 1.0)
    return isolated.peak_resident_memory() - before


def memory(longest: int) -> dict[str, list[results.Point]]:
    """Peaks by length, for whole and for truncated backpropagation."""
    lengths = profiling.powers_of_two(SHORTEST, longest)
    ways = {"full": lengths, f"truncated, K = {CHUNK}": [CHUNK] * len(lengths)}
    work = [
        partial(peak, length, chunk)
        for chunks in ways.values()
        for length, chunk in zip(lengths, chunks, strict=True)
    ]
    peaks = isolated.run_isolated(work)
    return {name: [(length, next(peaks)) for length in lengths] for name in ways}


def trained(reach: int, seconds: int) -> dict[str, float]:
    """Bits a character, and steps, of a short training with train.bptt=`reach`."""
    with tempfile.TemporaryDirectory() as name:
        run = Path(name) / "run"
        more = [f"train.bptt={reach}", f"batches.sentences={max(1, POSITIONS // reach)}"]
        more += [f"train.budget={seconds}s", f"hydra.run.dir={run}", *MODEL]
        subprocess.run(
            [sys.executable, "-m", "seq2seq.train", "+recipe=char-lm", *more],
            stdout=subprocess.DEVNULL, check=True,
        )  # fmt: skip
        lines = (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    entries = [entry for entry in map(json.loads, lines) if entry["kind"] == "validation"]
    return {"bits": min(e["bits"] for e in entries), "steps": max(e["step"] for e in entries)}


def main(arguments: Sequence[str]) -> None:
    """The command line."""
    numbers = [int(word) for word in arguments]
    seconds, longest = [*numbers[:2], *(75, 4096)[len(numbers[:2]) :]]
    peaks = memory(longest)
    whole, cut = peaks.values()
    rows = [(f"{n:,}", f"{a:,.0f}", f"{b:,.0f}") for (n, a), (_, b) in zip(whole, cut, strict=True)]
    results.table(("positions", *(f"{name}, MB" for name in peaks)), rows)
    quality = {}
    for reach in numbers[2:] or REACHES:
        quality[reach] = trained(reach, seconds)
        print(f"K = {reach}: {quality[reach]}", file=sys.stderr)
    found = [(f"{k:,}", f"{q['bits']:.3f}", f"{q['steps']:,.0f}") for k, q in quality.items()]
    results.table(("K", "bits a character", "steps"), found)
    panels = {
        "peak memory of training, MB": peaks,
        f"bits a character after {seconds} s": {
            "validation": [(float(k), q["bits"]) for k, q in quality.items()]
        },
    }
    picture = results.plot_lines(panels, "", (True, False))
    for axis, label in zip(picture.axes, ("length of the text, positions", "K"), strict=True):
        axis.set_xlabel(label)
    picture.axes[0].set_xscale("linear")  # a straight line is one here alone
    picture.axes[0].set_ylim(bottom=0)
    picture.axes[1].set_xlabel("K, positions that the gradient goes back")
    results.save("bptt", {"seconds": seconds, "memory": peaks, "quality": quality}, picture)


if __name__ == "__main__":
    main(sys.argv[1:])
