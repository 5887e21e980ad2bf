"""Scores against wall-clock minutes, beside JoeyNMT's RNN and Transformer.

python benchmarks/quality_over_time.py CORPUS MINUTES [NAME ...]     ours, recurrent, transformer

CORPUS is a folder of parallel text: train, val and test (or test2016) .en and .de, plain or
compressed (SEQ2SEQ_TARGET: another target language than de). Ours is the recipe en-de-multi30k with
a budget of MINUTES. JoeyNMT has the same tokenizer, and its RNN or Transformer as in
toolkit_configs.py with label smoothing of 0.1. Each trains for MINUTES with validations; its best
model translates the test text greedily.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from benchmarks import results, toolkits
from benchmarks.results import Point
from benchmarks.side_by_side import run_measured
from benchmarks.toolkit_configs import joeynmt
from seq2seq.data.readers.files import find_compressed
from seq2seq.evaluation.metrics import score_hypotheses
from seq2seq.run_folder import RunFolder
from seq2seq.text.lines import read_lines
from seq2seq.text.special_tokens import SPECIAL_TOKENS
from seq2seq.training.metric_logger import read_metrics

BLEU_THRESHOLD = 28.0  # of the validation; the table has the minutes until it
TARGET = os.environ.get("SEQ2SEQ_TARGET", "de")
TESTS = ("test2016", "test")


class SystemResult(NamedTuple):
    """The curve and the test scores of one system."""

    curve: list[Point]  # minutes, validation BLEU
    scores: dict[str, float]  # of the test text
    signature: str


def copy_corpus(corpus: Path, out: Path, change: Callable[[str], str] = str) -> Path:
    """Write the corpus as plain files train, val and test, each line changed by `change`."""
    out.mkdir(parents=True, exist_ok=True)
    for language in ("en", TARGET):
        for split, names in (("train", ["train"]), ("val", ["val"]), ("test", TESTS)):
            files = (find_compressed(corpus / f"{name}.{language}") for name in names)
            file = next((f for f in files if f), None)
            if file is None:
                sys.exit(f"{corpus} has no {names[0]}.{language}")
            toolkits.write(out / f"{split}.{language}", map(change, read_lines(file)))
    return out


def ours(data: Path, out: Path, minutes: float) -> SystemResult:
    """Train and score the recipe of this toolkit."""
    shutil.rmtree(out, ignore_errors=True)  # of an earlier run
    command = [sys.executable, "-m", "seq2seq.train", "+recipe=en-de-multi30k"]
    command += [f"data.path={data}", f"data.target={TARGET}", f"train.budget={minutes}m"]
    subprocess.run([*command, f"hydra.run.dir={out}"], check=True, stdout=subprocess.DEVNULL)
    entries = read_metrics(out / "metrics.jsonl")
    curve = [(e["seconds"] / 60, e["bleu"]) for e in entries if e["kind"] == "validation"]
    hypotheses = out / "test.out"
    search: list[str | Path] = [sys.executable, "-m", "seq2seq.translate", f"run={out}"]
    search += [f"input={data / 'test.en'}", f"output={hypotheses}"]
    subprocess.run(search, check=True)
    return with_test_scores(curve, hypotheses, data)


def joey(kind: str, data: Path, out: Path, tokenizer_file: Path, minutes: float) -> SystemResult:
    """Train and score JoeyNMT's RNN or Transformer, with the tokenizer of `tokenizer_file`."""
    config, _, _ = joeynmt(data, out, kind)
    vocabulary = data / "pieces.vocab"
    tokenizer = RunFolder(tokenizer_file.parent).read_tokenizers()[0]
    pieces = (tokenizer.piece(i) for i in range(tokenizer.vocab_size) if i not in SPECIAL_TOKENS)
    toolkits.write(vocabulary, pieces)
    config["data"] |= {"test": str(data / "test")}
    for side, language in (("src", "en"), ("trg", TARGET)):
        config["data"][side] |= {
            "lang": language, "voc_file": str(vocabulary),
            "tokenizer_cfg": {"model_file": str(tokenizer_file), "pretokenizer": "none"},
        }  # fmt: skip
    config["testing"]["max_output_length"] = -1  # its default: by the longest source in a batch
    # The time of a validation grows with its sentences; models are saved only after validations.
    every = min(250, 1 + sum(1 for _ in read_lines(data / "val.en")) // 8)  # steps
    config["training"] |= {"label_smoothing": 0.1, "validation_freq": every, "logging_freq": every}
    if kind == "transformer":
        config["training"] |= {"learning_rate": 5e-4}
    file = out.with_suffix(".yaml")
    file.write_text(yaml.safe_dump(config), encoding="utf-8")
    python = str(toolkits.program("joeynmt", "python"))
    log, module = out.with_suffix(".log"), [python, "-m", "joeynmt"]
    run_measured([*module, "train", file, "-t"], minutes * 60, log, {})
    if not (out / "best.ckpt").exists():
        sys.exit(f"JoeyNMT has saved no model in {minutes:g} minutes: see {log}")
    hypotheses = out / "test.out"
    with (data / "test.en").open() as source, hypotheses.open("w") as target:
        command = [*module, "translate", str(file)]
        subprocess.run(command, stdin=source, stdout=target, check=True,
                       stderr=subprocess.DEVNULL)  # fmt: skip
    return with_test_scores(validations(log.read_text(encoding="utf-8")), hypotheses, data)


def validations(log: str) -> list[Point]:
    """Parse minutes and BLEU of the validations from the log of JoeyNMT."""
    times = re.findall(r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)", log, re.MULTILINE)
    start = datetime.fromisoformat(times[0])
    matches = re.findall(r"^(\S+ \S+),.*Evaluation result.*?bleu:\s*([\d.]+)", log, re.MULTILINE)
    return [
        ((datetime.fromisoformat(at) - start).total_seconds() / 60, float(bleu))
        for at, bleu in matches
    ]


def with_test_scores(curve: list[Point], hypotheses: Path, data: Path) -> SystemResult:
    """Score the hypotheses of the test text."""
    lines = list(read_lines(hypotheses)), list(read_lines(data / f"test.{TARGET}"))
    scores = score_hypotheses(*lines, TARGET, ("bleu", "chrf"))
    return SystemResult(curve, {s.name: s.value for s in scores}, scores[0].signature)


def minutes_to_threshold(curve: list[Point]) -> str:
    """Format the minutes until the BLEU of a validation is at least `BLEU_THRESHOLD`."""
    return next(
        (f"{minutes:.1f}" for minutes, bleu in curve if bleu >= BLEU_THRESHOLD), "not reached"
    )


def show(by_system: Mapping[str, SystemResult], minutes: float, name: str) -> None:
    """Print a table, and save JSON and a plot."""
    rows = [
        (
            system,
            minutes_to_threshold(r.curve),
            f"{max((b for _, b in r.curve), default=0):.1f}",
            *(f"{value:.1f}" for value in r.scores.values()),
        )
        for system, r in by_system.items()
    ]
    columns = (
        "",
        f"minutes to {BLEU_THRESHOLD:.0f}",
        "best validation BLEU",
        "test BLEU",
        "test chrF2",
    )
    results.table(columns, rows)
    print(next(iter(by_system.values())).signature)
    curves = {system: r.curve for system, r in by_system.items() if r.curve}
    figure = results.plot_lines({"validation BLEU": curves}, "minutes", (False, False))
    serialisable: dict[str, Any] = {s: r._asdict() for s, r in by_system.items()}
    results.save(f"race_{name}", {"minutes": minutes, "raced": serialisable}, figure)


def main(arguments: list[str]) -> None:
    """Run the command line."""
    results.show_help(arguments, __doc__)
    if len(arguments) < 2:
        sys.exit(__doc__)
    corpus, minutes = Path(arguments[0]), float(arguments[1])
    corpus_name = f"{corpus.resolve().name}-{TARGET}"
    work = toolkits.home() / "race" / corpus_name
    data = copy_corpus(corpus, work / "data")
    file = work / "raced.json"  # earlier results, so that systems may run separately
    by_system: dict[str, SystemResult] = {}
    for system in arguments[2:] or ("ours", "recurrent", "transformer"):
        if system == "ours":
            result = ours(data, work / "run", minutes)
        else:
            tokenizer = work / "run" / "tokenizer.model"
            result = joey(system, data, work / system, tokenizer, minutes)
            system = f"JoeyNMT, {system}"
        # Read only now: another process may have written it in the meantime.
        earlier = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        by_system = {name: SystemResult(**r) for name, r in earlier.items()} | {system: result}
        toolkits.write(file, [json.dumps({name: r._asdict() for name, r in by_system.items()})])
    show(by_system, minutes, corpus_name)


if __name__ == "__main__":
    main(sys.argv[1:])
