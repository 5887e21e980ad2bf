"""Each modifier of `augment` alone: what it does to plain and to hard lines.

python -m benchmarks.augmentation FOLDER [--steps N] [NAME ...]   trains into FOLDER and measures
python -m benchmarks.augmentation FOLDER --table FILE             writes a result of what is there

A run is `+recipe=en-de` for N steps (1,000) without truecasing and with one modifier. A run that
was measured is left out, so the command can be interrupted. "Joined lines" are translated without
being split.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

from benchmarks import results
from benchmarks.hard_lines import hard_lines
from benchmarks.hard_variants import Row, case_rows, enclosing_row, four_sentences, repetition
from benchmarks.noise_variants import full_stop_rows, typing_rows

OFF = {"emoji": 0.0, "spans": 0.0}  # what the recipe has by itself
MODIFIERS: dict[str, dict[str, float]] = {
    "none": {},
    "none, another seed": {},
    "capitals": {"capitals": 0.07},
    "title_case": {"title_case": 0.05},
    "lower_case": {"lower_case": 0.07},
    "typos": {"typos": 0.05},
    "no_final_mark": {"no_final_mark": 0.2},
    "quotes": {"quotes": 0.05},
    "emoji": {"emoji": 0.02},
    "spans": {"spans": 0.04},
    "join": {"join": 0.05},
    "none, truecasing": {},
}
MAKERS = (case_rows, typing_rows, full_stop_rows, enclosing_row, repetition)
# Figures that the table has, by lines and metric.
COLUMNS = {
    ("as they are", "BLEU"): "plain",
    ("in CAPITALS", "BLEU lower-cased"): "CAPITALS",
    ("in Title Case", "BLEU lower-cased"): "Title Case",
    ("in lower case", "BLEU lower-cased"): "lower case",
    ("with a typing error", "BLEU"): "typing error",
    ("with other quotes", "BLEU"): "other quotes",
    ("without the final full stop", "BLEU"): "no full stop",
    ("four sentences on a line", "BLEU"): "four sentences, not split",
}


def options_of(name: str, steps: int) -> list[str]:
    """Return the options of a training."""
    rates = OFF | MODIFIERS[name]
    return [
        "+recipe=en-de", "train.budget=null", f"train.steps={steps}",
        *(f"augment.{modifier}={rate}" for modifier, rate in rates.items()),
        *(["train.seed=2"] if "seed" in name else []),
        f"protect.truecase={'truecasing' in name}".lower(),
    ]  # fmt: skip


def measure(run: Path) -> list[Row]:
    """Return the rows of a run."""
    import seq2seq
    from seq2seq.run_folder import RunFolder

    folder = RunFolder(run)
    facts = folder.read_facts()
    pairs = [(pair.source, pair.target) for pair in folder.read_test()]
    languages = str(facts["source"]), str(facts["target"])
    translator = seq2seq.load(run)
    rows = hard_lines(pairs, languages, translator.translate, MAKERS)
    whole = seq2seq.load(run, lines=seq2seq.LineHandling(split="off"))
    _, _, *joined = hard_lines(pairs, languages, whole.translate, [four_sentences])
    return [*rows, *joined]


def train(folder: Path, name: str, steps: int) -> None:
    """Train and measure with one modifier, if that was not done before."""
    run = folder / results.file_stem(name)
    out = run.with_suffix(".json")
    if out.exists():
        return
    command = [sys.executable, "-m", "seq2seq.train", *options_of(name, steps)]
    subprocess.run([*command, f"hydra.run.dir={run}"], check=True)
    rows = [row._asdict() for row in measure(run)]
    out.write_text(json.dumps({"rows": rows, "steps": steps}, indent=1), encoding="utf-8")


def table(folder: Path, file: Path) -> None:
    """Write the result: a row for each modifier, a column for each figure."""
    rows = []
    for name, rates in MODIFIERS.items():
        made = folder / f"{results.file_stem(name)}.json"
        if not made.exists():
            continue
        measured = json.loads(made.read_text(encoding="utf-8"))["rows"]
        figures = {(row["lines"], row["metric"]): f"{row['value']:.1f}" for row in measured}
        rate = ", ".join(f"{rate:g}" for rate in rates.values())
        rows.append([name, rate, *(figures.get(key, "") for key in COLUMNS)])
    about = (
        "BLEU with each modifier alone, `+recipe=en-de` without truecasing, 1,000 steps; lines in "
        "another case are compared in lower case",
        "python -m benchmarks.augmentation FOLDER",
    )
    results.write_result(file, about, ["modifier", "rate", *COLUMNS.values()], rows)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", default=[*MODIFIERS], metavar="NAME")
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--table", type=Path)
    options = parser.parse_args()
    if options.table:
        table(options.folder, options.table)
        return
    for name in options.names:
        train(options.folder, name, options.steps)


if __name__ == "__main__":
    main()
