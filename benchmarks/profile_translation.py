"""Time of each part of a translation.

python benchmarks/profile_translation.py MULTI30K [RUN]

1,000 sentences of test2016, translated on the CPU by the model of speed_translate.py or that of
RUN, in each precision that this machine supports, greedily and with a beam of 5. Calls of each part
are timed; all else is the search, the removal of finished sentences, small calls and Python.
Medians of three passes.
"""

import statistics
import sys
from pathlib import Path
from typing import Any

import torch

import seq2seq
from benchmarks import results, toolkits
from benchmarks.profile_training import Stopwatch
from benchmarks.speed_translate import SEARCHES, engines, train_ours
from seq2seq.config.commands import DecodingConfig
from seq2seq.inference.translator import Translator
from seq2seq.search import beam, greedy
from seq2seq.search.beam import Beam
from seq2seq.text.lines import read_lines

PASSES, BATCH = 3, DecodingConfig.batch


def watch_call(watch: Stopwatch, name: str, holder: Any, method: str) -> None:
    """Add the time of `holder.method` to the part `name`."""
    setattr(holder, method, watch.wrap(name, getattr(holder, method)))


def watch_parts(watch: Stopwatch, translator: Translator) -> None:
    """Time the parts of a translator."""
    model: Any = translator.model
    decoder = model.model.decoder
    watch_call(watch, "tokenizer", translator.source, "encode")
    watch_call(watch, "tokenizer", translator.target, "decode")
    watch_call(watch, "encoder and keys", model, "init_decoding")
    watch_call(watch, "output layer", model.output, "forward")
    for product in (*model.states, *model.upper_inputs, model.readout):
        watch_call(watch, "other products", product, "forward")
    for table in (model.inputs, model.readout_table):
        watch_call(watch, "embedding tables", table, "forward")
    watch_call(watch, "attention", decoder.attention, "forward")
    for cell in decoder.stack.cells:
        watch_call(watch, "gates", cell, "update")


def main(arguments: list[str]) -> None:
    """Run the command line."""
    results.show_help(arguments, __doc__)
    if not arguments:
        sys.exit(__doc__)
    data = toolkits.data(Path(arguments[0]))
    run = Path(arguments[1]) if len(arguments) > 1 else train_ours(data)
    lines = list(read_lines(data / "test2016.en"))
    seconds: dict[str, dict[str, float]] = {}
    watch = Stopwatch(torch.device("cpu"))
    functions: tuple[tuple[Any, str], ...] = ((greedy, "argmax"), (beam, "topk_of_rows"))
    for module, function in functions:
        watch_call(watch, "argmax and top k", module, function)
    for name, size in SEARCHES.items():
        for engine in engines():
            if engine.kind != "torch":  # a step is one call
                continue
            translator = seq2seq.load(run, precision=engine, device="cpu")
            translator.batch = BATCH
            if size > 1:
                translator.decoder.search = Beam(size, length_penalty=1.0, n_best=1)
            watch_parts(watch, translator)
            with watch.step():
                translator.translate(lines[:BATCH])  # warm-up: kernels are made
            watch.steps.clear()
            for _ in range(PASSES):
                with watch.step():
                    translator.translate(lines)
            seconds[f"{name}, {engine.precision}"] = {
                part: statistics.median(p[part] for p in watch.steps)
                for part in sorted(watch.steps[0])
            }
    show(seconds)


def show(seconds: dict[str, dict[str, float]]) -> None:
    """Print milliseconds and shares of the parts, and save JSON and a plot."""
    parts = [part for part in next(iter(seconds.values())) if part != "total"]
    rows = []
    for name, spent in seconds.items():
        total = spent["total"]
        shares = [spent[part] / total for part in parts]
        rest = 1 - sum(shares)
        rows.append((name, f"{total * 1000:,.0f}", *(f"{s:.0%}" for s in (*shares, rest))))
    results.table(("", "ms", *parts, "all else"), rows)
    shares_of_part = {
        part: [spent[part] / spent["total"] for spent in seconds.values()] for part in parts
    }
    results.save(
        "profile_translation",
        {"seconds": seconds},
        results.bars(shares_of_part, "share of the time"),
    )


if __name__ == "__main__":
    main(sys.argv[1:])
