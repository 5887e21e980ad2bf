"""Speed of translation with every cell, of networks that are not trained.

python benchmarks/cell_speed.py [SENTENCES [ROUNDS [NAME ...]]]      128, 7, and every cell

The network of en-de-multi30k with each cell encodes SENTENCES of 16 pieces together, and generates
16 pieces for each, greedily, on one core: with torch in fp32 and int8, and with ONNX Runtime in
int8, which is what `translate` uses where it is installed. All take turns for ROUNDS; the fastest
round counts, in time of the processor, since other programs and caches only add to it. The rows are
written into benchmarks/output/cell-speed.json.
"""

import sys
import time
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from benchmarks import results
from seq2seq import builders
from seq2seq.commands import compose
from seq2seq.config.paths import cell_files
from seq2seq.config.training import TrainConfig
from seq2seq.config.validation import to_schema
from seq2seq.inference.onnx.decoding import DecodingEngine, decoding_model
from seq2seq.text.special_tokens import BOS

SENTENCES, ROUNDS, LENGTH, VOCAB_SIZE = 128, 7, 16, 9000
ENGINES = {
    "torch, fp32": DecodingEngine("fp32", "torch"),
    "torch, int8": DecodingEngine("int8", "torch"),
    "ONNX Runtime, int8": DecodingEngine("int8", "onnx"),
}
COLUMNS = ("`model/cell`", *ENGINES, "encoder alone, ms")


def networks(cell: str) -> dict[str, Any]:
    """Return the network of the recipe with the cell `cell`, by engine."""
    overrides = ["+recipe=en-de-multi30k", f"model/cell={cell}"]
    config = to_schema(compose.compose("train", overrides), TrainConfig)
    torch.manual_seed(1)
    vocabulary = builders.VocabSizes(VOCAB_SIZE, VOCAB_SIZE, True)
    model = builders.build_translation(config.model, vocabulary).eval()
    return {name: decoding_model(model, engine) for name, engine in ENGINES.items()}


@torch.inference_mode()
def translate(model: Any, source: Tensor) -> tuple[float, float]:
    """Translate `source` (B, S) once; return the seconds of the encoder, and of everything."""
    start = time.process_time()
    lengths = torch.full((len(source),), source.shape[1])
    state = model.init_decoding(source, lengths)
    encoded = time.process_time() - start
    tokens = torch.full((len(source), 1), BOS)
    for _ in range(LENGTH):
        logits, state = model.step(state, tokens)
        tokens = torch.from_numpy(logits.numpy().argmax(-1))
    return encoded, time.process_time() - start


def main(arguments: Sequence[str]) -> None:
    """Run the command line."""
    results.show_help(arguments, __doc__)
    numbers = [int(word) for word in arguments[:2]]
    count, rounds = [*numbers, *(SENTENCES, ROUNDS)[len(numbers) :]]
    torch.set_num_threads(1)
    models = {
        (cell, engine): model
        for cell in arguments[2:] or cell_files()
        for engine, model in networks(cell).items()
    }
    source = torch.randint(4, VOCAB_SIZE, (count, LENGTH))
    trials: dict[tuple[str, str], list[tuple[float, float]]] = {key: [] for key in models}
    for _ in range(rounds):
        for key, model in models.items():
            trials[key].append(translate(model, source))
    rows = []
    for cell in dict.fromkeys(cell for cell, _ in models):
        best = {e: min(seconds for _, seconds in trials[cell, e]) for e in ENGINES}
        encoder = [1000 * min(seconds for seconds, _ in trials[cell, e]) for e in ENGINES]
        speeds = [round(count / seconds) for seconds in best.values()]
        rows.append([f"`{cell}`", *speeds, " / ".join(f"{value:.1f}" for value in encoder)])
    results.table(COLUMNS, rows)
    results.FOLDER.mkdir(exist_ok=True)
    title = f"Sentences a second, {count} together, of {LENGTH} pieces to {LENGTH}, by engine"
    command = f"python benchmarks/cell_speed.py {count}"
    results.write_result(results.FOLDER / "cell-speed.json", (title, command), COLUMNS, rows)


if __name__ == "__main__":
    main(sys.argv[1:])
