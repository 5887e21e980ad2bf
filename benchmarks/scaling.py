"""Speed and memory of training and translation against length, batch, vocabulary and state.

python benchmarks/scaling.py [QUANTITY ...]      length, batch, vocabulary, state

Random tokens; the model of speed_train.py (LSTM, embedding 256, state 512, general attention, a
vocabulary of 8,000, 64 sentences of 16 tokens), of which one quantity changes at a time. Each point
is a process of its own: target tokens per second of training steps and of greedy search, and the
peak of its memory in training. Memory against the size of the corpus: memory.py.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

from benchmarks import results

STEPS, SECONDS = 3, 4.0  # of a measurement, at least
POINTS = {
    "length": (8, 16, 32, 64, 128, 256, 512),
    "batch": (1, 4, 16, 64, 256),
    "vocabulary": (1000, 2000, 4000, 8000, 16000, 32000),
    "state": (128, 256, 512, 1024, 2048),
}


class Sizes(NamedTuple):
    """The quantities of a point."""

    length: int = 16
    batch: int = 64
    vocabulary: int = 8000
    state: int = 512


def rate(work: Callable[[], object], tokens: int) -> float:
    """Measure tokens per second, after a warm-up."""
    work()
    start, times = time.perf_counter(), 0
    while times < STEPS or time.perf_counter() - start < SECONDS:
        work()
        times += 1
    return tokens * times / (time.perf_counter() - start)


def point(sizes: Sizes) -> dict[str, float]:
    """Measure one point in this process."""
    import torch
    from accelerate import Accelerator

    from seq2seq import builders
    from seq2seq.commands import compose
    from seq2seq.config.training import TrainConfig
    from seq2seq.config.validation import to_schema
    from seq2seq.data.batches import collate
    from seq2seq.hardware import peak_memory
    from seq2seq.inference.engines.incremental import IncrementalModel
    from seq2seq.search.greedy import Greedy
    from seq2seq.tasks.translation import sentence_segments
    from seq2seq.training.train_step import TrainStep

    torch.set_flush_denormal(True)
    overrides = ["data.source=en", "data.target=de", "model/cell=lstm", "model/attention=general"]
    overrides += [f"model.decoder.size={sizes.state}", f"model.encoder.size={sizes.state // 2}"]
    config = to_schema(compose.compose("train", overrides), TrainConfig)
    vocabulary = builders.VocabSizes(sizes.vocabulary, sizes.vocabulary, True)
    model = builders.build_translation(config.model, vocabulary)
    optimizer = builders.instantiate_node(
        "optimizer", config.optimizer, {"parameters": model.parameters()}
    )
    train_step = TrainStep(model, sentence_segments, optimizer, Accelerator(cpu=True), 1.0, 0.1, 1)
    tokens = torch.randint(4, sizes.vocabulary, (sizes.batch, sizes.length)).tolist()
    batch = collate(tokens, [sentence[:-1] for sentence in tokens])
    training = rate(lambda: train_step.step([batch], 1, 1.0), sizes.batch * sizes.length)
    peak = float(peak_memory() or 0)
    decoding_model = IncrementalModel(model.eval(), "fp32")
    limits = torch.full((sizes.batch,), sizes.length - 1)

    def translate() -> None:
        with torch.inference_mode():
            state = decoding_model.init_decoding(batch.source, batch.source_lengths)
            Greedy()(decoding_model.step, state, limits, range(sizes.batch), scored=False)

    translating = rate(translate, sizes.batch * sizes.length)
    return {"training": training, "translating": translating, "peak_mb": peak}


def measure(quantity: str, value: int) -> dict[str, float]:
    """Measure one point in a process of its own."""
    process = subprocess.run(
        [sys.executable, __file__, "point", quantity, str(value)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return dict(json.loads(process.stdout.splitlines()[-1]))


def show(quantity: str) -> None:
    """Print a table of one quantity, and save JSON and a plot."""
    points = {value: measure(quantity, value) for value in POINTS[quantity]}
    rows = [
        (f"{value:,}", *(f"{measured[k]:,.0f}" for k in ("training", "translating", "peak_mb")))
        for value, measured in points.items()
    ]
    columns = (quantity, "training, tokens/s", "greedy search, tokens/s", "peak MB of training")
    results.table(columns, rows)
    panels = {
        "target tokens per second": {
            name: [(float(value), measured[name]) for value, measured in points.items()]
            for name in ("training", "translating")
        },
        "peak memory of training, MB": {
            "training": [(float(value), measured["peak_mb"]) for value, measured in points.items()]
        },
    }
    labels = {
        "length": "tokens in a sentence", "batch": "sentences in a batch",
        "vocabulary": "tokens in the vocabulary", "state": "size of the decoder's state",
    }  # fmt: skip
    figure = results.plot_lines(panels, labels[quantity], (True, True))
    results.save(f"scaling_{quantity}", {"points": points}, figure)


def main(arguments: list[str]) -> None:
    """Run the command line."""
    results.show_help(arguments, __doc__)
    match arguments:
        case ["point", quantity, value]:
            print(json.dumps(point(Sizes()._replace(**{quantity: int(value)}))))
        case names if set(names) <= set(POINTS):
            for name in names or POINTS:
                show(name)
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
