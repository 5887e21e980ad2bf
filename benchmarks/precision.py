"""Time of a training step in fp32 and in bf16 on this machine.

python benchmarks/precision.py

Both take turns, so that a machine whose speed drifts does not favour one. Random tokens: 64
sentences of 16 source and 16 target pieces, general attention, a vocabulary of 4,000.
"""

import statistics
import time

import torch
from accelerate import Accelerator

from seq2seq import builders
from seq2seq.commands import compose
from seq2seq.config.training import TrainConfig
from seq2seq.config.validation import to_schema
from seq2seq.data.batches import Batch, collate
from seq2seq.tasks.translation import sentence_segments
from seq2seq.training.train_step import TrainStep

ROUNDS, STEPS, PIECES = 5, 4, 4000
SIZES = ((192, 320), (256, 512), (512, 1024))  # embedding, decoder state


def learner(cell: str, embedding: int, size: int) -> TrainStep:
    """A model of a size, and what trains it."""
    overrides = [
        f"model/cell={cell}",
        "model/attention=general",
        f"model.embedding_size={embedding}",
    ]
    overrides += [f"model.encoder.size={size // 2}", f"model.decoder.size={size}"]
    overrides += ["data.source=en", "data.target=de"]
    config = to_schema(compose.compose("train", overrides), TrainConfig)
    model = builders.build_translation(config.model, builders.VocabSizes(PIECES, PIECES, True))
    optimizer = builders.instantiate_node(
        "optimizer", config.optimizer, {"parameters": model.parameters()}
    )
    return TrainStep(
        model, sentence_segments, optimizer, Accelerator(cpu=True), clip=1.0, smoothing=0.1, seed=1
    )


def seconds(made: TrainStep, rows: Batch, bf16: bool) -> float:
    """The time of a step."""
    began = time.perf_counter()
    for number in range(STEPS):
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            made.step([rows], number, 1.0)
    return (time.perf_counter() - began) / STEPS


def main() -> None:
    """Print the table."""
    torch.set_flush_denormal(True)
    tokens = torch.randint(4, PIECES, (64, 16)).tolist()
    rows = collate(tokens, [sentence[:-1] for sentence in tokens])
    print(f"{'cell':<6}{'embedding':>10}{'state':>7}{'fp32 ms':>9}{'bf16 ms':>9}{'fp32/bf16':>11}")
    for cell in ("gru", "lstm"):
        for embedding, size in SIZES:
            made = learner(cell, embedding, size)
            for bf16 in (False, True):
                seconds(made, rows, bf16)  # not counted: kernels are chosen in it
            pairs = [[seconds(made, rows, b) for b in (False, True)] for _ in range(ROUNDS)]
            fp32, bf16 = (statistics.median(column) * 1000 for column in zip(*pairs, strict=True))
            ratio = statistics.median(one / other for one, other in pairs)
            print(f"{cell:<6}{embedding:>10}{size:>7}{fp32:>9.0f}{bf16:>9.0f}{ratio:>11.2f}")


if __name__ == "__main__":
    main()
