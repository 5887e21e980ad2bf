"""Scores of translators with every cell after equal processor time.

python benchmarks/cell_quality.py MULTI30K [MINUTES [NAME ...]]      20, and every cell

The recipe en-de-multi30k trains with each cell NAME for MINUTES of processor time on one core, not
of the clock, which other programs slow down; the learning rate falls over that time, and nothing is
validated meanwhile. Then the 1,014 validation sentences are translated greedily, in fp32. The rows
are written into benchmarks/output/cell-quality.json after each cell; rows of other cells in that
file are kept if they had as many minutes. cell_speed.py measures the speed of translation.
"""

import json
import sys
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch

from benchmarks import results
from seq2seq import builders
from seq2seq.commands import compose
from seq2seq.config.paths import cell_files
from seq2seq.config.training import TrainConfig
from seq2seq.config.validation import to_schema
from seq2seq.evaluation.metrics import score_hypotheses
from seq2seq.training import train_model
from seq2seq.training.ema import WeightEMA

MINUTES = 20.0
COLUMNS = (
    "`model/cell`",
    "steps",
    "training pieces a second",
    "validation BLEU / chrF2",
    "weights",
)


def options(corpus: str, cell: str) -> TrainConfig:
    """Return the options of the recipe with the cell `cell`."""
    recipe = ["+recipe=en-de-multi30k", f"data.path={corpus}", f"model/cell={cell}"]
    chosen = ["train.device=cpu", "validation.samples=0"]
    return to_schema(compose.compose("train", [*recipe, *chosen]), TrainConfig)


class Trained(NamedTuple):
    """A task with its trained network."""

    task: Any  # a TranslationTask
    average: WeightEMA  # of the weights
    steps: int
    rate: float  # target pieces a second


def ignore(line: str) -> None:
    """Ignore what training tells its user."""
    del line


def train(config: TrainConfig, seconds: float) -> Trained:
    """Train for `seconds` of processor time."""
    task, step, average = train_model.build_training(config, ignore)
    schedule = builders.instantiate_node("schedule", config.schedule)
    number = pieces = epoch = 0
    start = time.process_time()
    while True:
        for rows in task.train_data.epoch(epoch):
            if (spent := time.process_time() - start) >= seconds:
                return Trained(task, average, number, pieces / spent)
            factor = schedule(number + 1, spent / seconds, [])
            batch = task.train_data.load(rows, epoch)
            pieces += step.step([batch], number + 1, factor).tokens
            number += 1
            average.update(number)
        epoch += 1


def measure(corpus: str, cell: str, minutes: float) -> list[Any]:
    """Train one cell, translate with the averaged weights, and return the row."""
    task, average, steps, rate = train(options(corpus, cell), 60 * minutes)
    task.model.eval()
    pairs = task.validator.pairs
    with average.applied():
        found = task.translator.translate([pair.source for pair in pairs])
    scores = score_hypotheses(found, [pair.target for pair in pairs], "de", ("bleu", "chrf"))
    return [
        f"`{cell}`",
        steps,
        round(rate),
        {score.name: round(score.value, 1) for score in scores},
        train_model.count_parameters(task.model),
    ]


def main(arguments: Sequence[str]) -> None:
    """Run the command line."""
    results.show_help(arguments, __doc__)
    if not arguments:
        sys.exit(__doc__)
    minutes = float(arguments[1]) if len(arguments) > 1 else MINUTES
    torch.set_num_threads(1)
    results.FOLDER.mkdir(exist_ok=True)
    file = results.FOLDER / "cell-quality.json"
    command = f"python benchmarks/cell_quality.py MULTI30K {minutes:g}"
    title = f"`en-de-multi30k` with each cell after {minutes:g} minutes of processor time"
    known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    rows = known["rows"] if known.get("command") == command else []
    for cell in arguments[2:] or cell_files():
        made = measure(arguments[0], cell, minutes)
        rows = [row for row in rows if row[0] != made[0]] + [made]
        results.write_result(file, (title, command), COLUMNS, rows)
        results.table(COLUMNS, [made])


if __name__ == "__main__":
    main(sys.argv[1:])
