"""Where the time of a translation goes.

python benchmarks/profile_translation.py MULTI30K [RUN]

1,000 sentences of test2016, by the model of speed_translate.py or that of RUN, in each precision
that this machine computes in, greedily and by a beam of 5. Each part is timed where Python calls
it; what is left is the search, the shrinking of batches, small calls and Python. Medians of three
passes.
"""

import statistics
import sys
from pathlib import Path
from typing import Any

import torch

import seq2seq
from benchmarks import results, toolkits
from benchmarks.profile_training import Stopwatch
from benchmarks.speed_translate import SEARCHES, precisions, trained
from seq2seq.config.commands import DecodingConfig
from seq2seq.inference.translator import Translator
from seq2seq.search import beam, greedy
from seq2seq.search.beam import Beam
from seq2seq.text.lines import read_lines

PASSES, BATCH = 3, DecodingConfig.batch


def watch_call(watch: Stopwatch, name: str, holder: Any, method: str) -> None:
    """Count the time of `holder.method` under `name`."""
    setattr(holder, method, watch.wrap(name, getattr(holder, method)))


def attend(watch: Stopwatch, translator: Translator) -> None:
    """Watch the parts of a translator."""
    model: Any = translator.model
    decoder = model.model.decoder
    watch_call(watch, "pieces and text", translator.source, "encode")
    watch_call(watch, "pieces and text", translator.target, "decode")
    watch_call(watch, "encoder and keys", model, "init_decoding")
    watch_call(watch, "product with the vocabulary", model.output, "forward")
    for product in (*model.states, *model.upper_inputs, model.readout):
        watch_call(watch, "other products of a step", product, "forward")
    for rows in (model.inputs, model.readout_table):
        watch_call(watch, "tables", rows, "forward")
    watch_call(watch, "attention", decoder.attention, "forward")
    for cell in decoder.stack.cells:
        watch_call(watch, "gates", cell, "update")


def main(arguments: list[str]) -> None:
    """Print the tables."""
    if not arguments:
        sys.exit(__doc__)
    data = toolkits.data(Path(arguments[0]))
    run = Path(arguments[1]) if len(arguments) > 1 else trained(data)
    lines = list(read_lines(data / "test2016.en"))
    found: dict[str, dict[str, float]] = {}
    watch = Stopwatch(torch.device("cpu"))
    searching: tuple[tuple[Any, str], ...] = ((greedy, "argmax"), (beam, "topk_of_rows"))
    for module, function in searching:
        watch_call(watch, "the largest of the scores", module, function)
    for name, size in SEARCHES.items():
        for precision in precisions():
            translator = seq2seq.load(run, precision=precision)
            translator.batch = BATCH
            if size > 1:
                translator.search = Beam(size, length_penalty=1.0, n_best=1)
            attend(watch, translator)
            with watch.step():
                translator.translate(lines[:BATCH])  # not counted: kernels are made
            watch.steps.clear()
            for _ in range(PASSES):
                with watch.step():
                    translator.translate(lines)
            found[f"{name}, {precision}"] = {
                part: statistics.median(p[part] for p in watch.steps)
                for part in sorted(watch.steps[0])
            }
    show(found)


def show(found: dict[str, dict[str, float]]) -> None:
    """Milliseconds of 1,000 sentences, and shares; and what is left."""
    parts = [part for part in next(iter(found.values())) if part != "whole"]
    rows = []
    for name, spent in found.items():
        whole = spent["whole"]
        shares = [spent[part] / whole for part in parts]
        rest = 1 - sum(shares)
        rows.append((name, f"{whole * 1000:,.0f}", *(f"{s:.0%}" for s in (*shares, rest))))
    results.table(("", "ms", *parts, "all else"), rows)
    kinds = {part: [spent[part] / spent["whole"] for spent in found.values()] for part in parts}
    results.save("profile_translation", {"seconds": found}, results.bars(kinds, "share"))


if __name__ == "__main__":
    main(sys.argv[1:])
