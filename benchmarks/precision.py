"""Time of a training step in fp32 and in bf16 on the CPU.

python benchmarks/precision.py

Both take turns, so that other load on the machine affects both alike. Random tokens: 64 sentences
of 16 source and 16 target tokens, general attention, a vocabulary of 4,000.
"""

import statistics
import sys
import time

import torch
from accelerate import Accelerator

from benchmarks import results
from seq2seq import builders
from seq2seq.commands import compose
from seq2seq.config.training import TrainConfig
from seq2seq.config.validation import to_schema
from seq2seq.data.batches import Batch, collate
from seq2seq.tasks.translation import sentence_segments
from seq2seq.training.train_step import TrainStep

ROUNDS, STEPS, VOCAB_SIZE = 5, 4, 4000
SIZES = ((192, 320), (256, 512), (512, 1024))  # embedding, decoder state


def build_step(cell: str, embedding: int, size: int) -> TrainStep:
    """Build a model and its training step."""
    overrides = [
        f"model/cell={cell}",
        "model/attention=general",
        f"model.embedding_size={embedding}",
    ]
    overrides += [f"model.encoder.size={size // 2}", f"model.decoder.size={size}"]
    overrides += ["data.source=en", "data.target=de"]
    config = to_schema(compose.compose("train", overrides), TrainConfig)
    model = builders.build_translation(
        config.model, builders.VocabSizes(VOCAB_SIZE, VOCAB_SIZE, True)
    )
    optimizer = builders.instantiate_node(
        "optimizer", config.optimizer, {"parameters": model.parameters()}
    )
    return TrainStep(
        model, sentence_segments, optimizer, Accelerator(cpu=True), clip=1.0, smoothing=0.1, seed=1
    )


def seconds(train_step: TrainStep, batch: Batch, bf16: bool) -> float:
    """Measure the seconds of a step, as the mean of a few."""
    start = time.perf_counter()
    for number in range(STEPS):
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            train_step.step([batch], number, 1.0)
    return (time.perf_counter() - start) / STEPS


def main() -> None:
    """Run the command line."""
    results.show_help(sys.argv[1:], __doc__)
    torch.set_flush_denormal(True)
    tokens = torch.randint(4, VOCAB_SIZE, (64, 16)).tolist()
    batch = collate(tokens, [sentence[:-1] for sentence in tokens])
    print(f"{'cell':<6}{'embedding':>10}{'state':>7}{'fp32 ms':>9}{'bf16 ms':>9}{'fp32/bf16':>11}")
    for cell in ("gru", "lstm"):
        for embedding, size in SIZES:
            train_step = build_step(cell, embedding, size)
            for is_bf16 in (False, True):
                seconds(train_step, batch, is_bf16)  # warm-up: kernels are chosen
            pairs = [[seconds(train_step, batch, b) for b in (False, True)] for _ in range(ROUNDS)]
            fp32, bf16 = (statistics.median(column) * 1000 for column in zip(*pairs, strict=True))
            ratio = statistics.median(one / other for one, other in pairs)
            print(f"{cell:<6}{embedding:>10}{size:>7}{fp32:>9.0f}{bf16:>9.0f}{ratio:>11.2f}")


if __name__ == "__main__":
    main()
