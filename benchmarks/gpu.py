"""Training and translation on a GPU, beside the unoptimised form of the same model.

python benchmarks/gpu.py [ROUNDS]

Random tokens: 256 sentences of 32 tokens, a vocabulary of 16,000, LSTM, general attention, hidden
states of 512, 1,024 and 2,048. Plain is fp32 without TF32, torch's loss over all logits, and search
with the network as it was trained. Ours is bf16 autocast, the chunked loss, and search with CUDA
graphs. The share of the device's peak counts the multiplications of the layers alone, against a
product of large bf16 matrices on the same device. Without a GPU nothing is measured.
"""

import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import torch
from accelerate import Accelerator
from torch.nn import functional

from benchmarks import results
from seq2seq import builders
from seq2seq.commands import compose
from seq2seq.config.training import TrainConfig
from seq2seq.config.validation import to_schema
from seq2seq.data.batches import Batch, collate
from seq2seq.inference.engines.cuda_graphs import CudaGraphModel
from seq2seq.inference.engines.incremental import IncrementalModel
from seq2seq.model.encoder_decoder import EncoderDecoder
from seq2seq.search.greedy import Greedy
from seq2seq.tasks.translation import sentence_segments
from seq2seq.training.train_step import TrainStep

VOCAB_SIZE, LENGTH, BATCH = 16_000, 32, 256
WIDTHS, BATCHES = (512, 1024, 2048), (1, 4, 16, 64, 256, 1024)
WARMUP, STEPS = 5, 20


def network(width: int) -> tuple[EncoderDecoder, torch.optim.Optimizer]:
    """Build a model with hidden states of `width` on the GPU, and its optimizer."""
    overrides = ["data.source=en", "data.target=de", "model/cell=lstm", "model/attention=general"]
    overrides += [f"model.decoder.size={width}", f"model.encoder.size={width // 2}"]
    overrides += [f"model.embedding_size={width // 2}"]
    config = to_schema(compose.compose("train", overrides), TrainConfig)
    sizes = builders.VocabSizes(VOCAB_SIZE, VOCAB_SIZE, True)
    model = builders.build_translation(config.model, sizes).cuda()
    return model, builders.instantiate_node(
        "optimizer", config.optimizer, {"parameters": model.parameters()}
    )


def random_batch(sentences: int) -> Batch:
    """Return a batch of random sentences."""
    tokens = torch.randint(4, VOCAB_SIZE, (sentences, LENGTH)).tolist()
    return collate(tokens, [sentence[:-1] for sentence in tokens])


def seconds(work: Callable[[], object], rounds: int) -> list[float]:
    """Measure the seconds of one call, once in each round."""
    for _ in range(WARMUP):
        work()
    measured = []
    for _ in range(rounds):
        torch.cuda.synchronize()
        start = time.perf_counter()
        for _ in range(STEPS):
            work()
        torch.cuda.synchronize()
        measured.append((time.perf_counter() - start) / STEPS)
    return measured


def ours(model: EncoderDecoder, optimizer: Any, batch: Batch) -> Callable[[], object]:
    """Return a training step of this toolkit."""
    train_step = TrainStep(
        model, sentence_segments, optimizer, Accelerator(mixed_precision="bf16"), 1.0, 0.1, 1
    )
    return lambda: train_step.step([batch], 1, 1.0)


def plain(model: EncoderDecoder, optimizer: Any, batch: Batch) -> Callable[[], object]:
    """Return an unoptimised training step."""
    device = torch.device("cuda")

    def step() -> None:
        on_device = batch.to(device)
        output = model(on_device.source, on_device.source_lengths, on_device.target_input)
        logits = model.output(output.features).flatten(0, 1)[on_device.label_positions]
        functional.cross_entropy(logits, on_device.labels, label_smoothing=0.1).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()

    return step


def operations(model: EncoderDecoder) -> float:
    """Count the floating-point operations of training for each target token.

    A backward pass takes twice the operations of a forward pass.
    """
    matrices = [p for n, p in model.named_parameters() if p.dim() == 2 and "embedding" not in n]
    count = sum(matrix.numel() for matrix in matrices)
    count += model.decoder.embedding.weight.numel()  # once, as the tied output layer
    attention = 2 * LENGTH * model.decoder.attention.context_size
    return 3 * 2 * (count + attention)


def peak() -> float:
    """Measure operations per second of the device in a product of large bf16 matrices."""
    a = torch.randn(8192, 8192, device="cuda", dtype=torch.bfloat16)
    return 2 * 8192**3 / statistics.median(seconds(lambda: a @ a, 3))


def translate(model: Any, sentences: int) -> Callable[[], object]:
    """Return a greedy search over a random batch."""
    batch = random_batch(sentences)
    source, limits = batch.source.cuda(), torch.full((sentences,), LENGTH - 1, device="cuda")

    def work() -> None:
        with torch.inference_mode():
            state = model.init_decoding(source, batch.source_lengths)
            Greedy()(model.step, state, limits, range(sentences), scored=False)

    return work


def main(arguments: list[str]) -> None:
    """Run the command line."""
    results.show_help(arguments, __doc__)
    if not torch.cuda.is_available():
        print("no GPU: nothing is measured")
        return
    rounds = int(arguments[0]) if arguments else 3
    best, table, training = peak(), [], []
    for width in WIDTHS:
        rates = []
        for make in (plain, ours):
            torch.manual_seed(1)
            torch.backends.cuda.matmul.allow_tf32 = make is ours
            model, optimizer = network(width)
            duration = statistics.median(
                seconds(make(model, optimizer, random_batch(BATCH)), rounds)
            )
            rates.append(BATCH * LENGTH / duration)
        share = operations(model) * rates[1] / best
        table.append((width, *(f"{r:,.0f}" for r in rates), f"{rates[1] / rates[0]:.1f}",
                      f"{share:.0%}"))  # fmt: skip
        training.append((width, rates, share))
    results.table(("width", "plain, target tokens/s", "ours", "ratio", "share of the peak"), table)
    model = network(1024)[0].eval()
    forms = {"plain": model, "ours": CudaGraphModel(IncrementalModel(model, "bf16"))}
    speed = {
        name: [(float(b), b / statistics.median(seconds(translate(m, b), rounds))) for b in BATCHES]
        for name, m in forms.items()
    }
    results.table(
        ("sentences in a batch", *(f"{name}, sentences/s" for name in speed)),
        [
            (b, *(f"{points[i][1]:,.0f}" for points in speed.values()))
            for i, b in enumerate(BATCHES)
        ],
    )
    print(torch.cuda.get_device_name(), f"peak of bf16 products {best / 1e12:.0f} TFLOP/s")
    figure = results.plot_lines({"sentences/s": speed}, "sentences in a batch", (True, True))
    results.save("gpu", {"device": torch.cuda.get_device_name(), "peak": best, "training": training,
                         "translating": speed}, figure)  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1:])
