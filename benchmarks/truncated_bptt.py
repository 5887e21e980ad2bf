"""Memory and quality of truncated backpropagation through time.

python benchmarks/truncated_bptt.py [SECONDS [LONGEST [K ...]]]      75 4096 1 4 16 64 256

Memory: the model of the recipe char-lm is trained on 32 streams of 64 to LONGEST positions, with
full backpropagation and in chunks of 64; each in a process of its own, whose peak is counted on top
of its memory after a first short step. Quality: bits per character of the validation text after
SECONDS of the training command with train.bptt=K, for each K: a smaller model on the recipe's text,
always with 512 positions a batch, so that only the distance of the gradient differs.
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

STREAMS, CHUNK, VOCAB_SIZE, SHORTEST = 32, 64, 100, 64
POSITIONS = 512  # in one batch
BPTT_LENGTHS = (1, 4, 16, 64, 256)  # values of train.bptt
MODEL = [
    "model.embedding_size=64",
    "model.decoder.size=192",
    "model.dropout=0",
    "optimizer.lr=5e-3",
]
MODEL += ["train.log_interval=1000000"]
MODEL += ["train.ema.decay=0"]  # over few steps the average would be near the initial weights


def peak(length: int, chunk: int) -> float:
    """Measure MB on top of weights and optimizer of training on `length` positions in chunks."""
    torch.set_flush_denormal(True)
    isolated.set_mmap_threshold(isolated.EXACT_THRESHOLD)
    config = to_schema(compose.compose("train", ["+recipe=char-lm"]), TrainConfig)
    model = builders.build_language_model(config.model, VOCAB_SIZE)
    optimizer = builders.instantiate_node(
        "optimizer", config.optimizer, {"parameters": model.parameters()}
    )
    train_step = TrainStep(model, stream_segments, optimizer, Accelerator(cpu=True), 1.0, 0.0, 1)
    tokens = np.random.default_rng(1).integers(4, VOCAB_SIZE, STREAMS * length + 1, dtype=np.int32)
    warmup, dataset = StreamDataset(tokens, STREAMS, 2, 1), StreamDataset(tokens, STREAMS, chunk, 1)
    train_step.step([warmup.load(next(iter(warmup.epoch(0))), 0)], 1, 1.0)
    isolated.reset_peak()
    base = isolated.resident_memory()
    for number, indices in enumerate(dataset.epoch(0), 2):
        train_step.step([dataset.load(indices, 0)], number, 1.0)
    return isolated.peak_resident_memory() - base


def memory(longest: int) -> dict[str, list[results.Point]]:
    """Measure peaks by length, of full and of truncated backpropagation."""
    lengths = profiling.powers_of_two(SHORTEST, longest)
    chunks_by_name = {"full": lengths, f"truncated, K = {CHUNK}": [CHUNK] * len(lengths)}
    calls = [
        partial(peak, length, chunk)
        for chunks in chunks_by_name.values()
        for length, chunk in zip(lengths, chunks, strict=True)
    ]
    peaks = isolated.run_isolated(calls)
    return {name: [(length, next(peaks)) for length in lengths] for name in chunks_by_name}


def train(bptt: int, seconds: int) -> dict[str, float]:
    """Train for a short time with train.bptt, and return bits per character and steps."""
    with tempfile.TemporaryDirectory() as name:
        run = Path(name) / "run"
        options = [f"train.bptt={bptt}", f"batches.sentences={max(1, POSITIONS // bptt)}"]
        options += [f"train.budget={seconds}s", f"hydra.run.dir={run}", *MODEL]
        subprocess.run(
            [sys.executable, "-m", "seq2seq.train", "+recipe=char-lm", *options],
            stdout=subprocess.DEVNULL, check=True,
        )  # fmt: skip
        lines = (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    entries = [entry for entry in map(json.loads, lines) if entry["kind"] == "validation"]
    return {"bits": min(e["bits"] for e in entries), "steps": max(e["step"] for e in entries)}


def main(arguments: Sequence[str]) -> None:
    """Run the command line."""
    results.show_help(arguments, __doc__)
    numbers = [int(word) for word in arguments]
    seconds, longest = [*numbers[:2], *(75, 4096)[len(numbers[:2]) :]]
    peaks = memory(longest)
    full, truncated = peaks.values()
    rows = [
        (f"{n:,}", f"{a:,.0f}", f"{b:,.0f}") for (n, a), (_, b) in zip(full, truncated, strict=True)
    ]
    results.table(("positions", *(f"{name}, MB" for name in peaks)), rows)
    quality = {}
    for bptt in numbers[2:] or BPTT_LENGTHS:
        quality[bptt] = train(bptt, seconds)
        print(f"K = {bptt}: {quality[bptt]}", file=sys.stderr)
    rows = [(f"{k:,}", f"{q['bits']:.3f}", f"{q['steps']:,.0f}") for k, q in quality.items()]
    results.table(("K", "bits per character", "steps"), rows)
    panels = {
        "peak memory of training, MB": peaks,
        f"bits per character after {seconds} s": {
            "validation": [(float(k), q["bits"]) for k, q in quality.items()]
        },
    }
    figure = results.plot_lines(panels, "", (True, False))
    for axis, label in zip(figure.axes, ("sequence length, positions", "K"), strict=True):
        axis.set_xlabel(label)
    figure.axes[0].set_xscale("linear")  # on which linear growth is a straight line
    figure.axes[0].set_ylim(bottom=0)
    figure.axes[1].set_xlabel("K, positions of the gradient")
    results.save("bptt", {"seconds": seconds, "memory": peaks, "quality": quality}, figure)


if __name__ == "__main__":
    main(sys.argv[1:])
