"""Score against wall-clock minutes, beside JoeyNMT's RNN and Transformer.

python benchmarks/quality_over_time.py CORPUS MINUTES [NAME ...]     ours, recurrent, transformer

CORPUS is a folder of parallel text: train, val and test (or test2016) .en and .de, plain or
compressed (SEQ2SEQ_TARGET for another target language than de). Ours is the recipe en-de-multi30k,
as it is but for its time; JoeyNMT gets the same pieces, its RNN and its Transformer as in
peer_configs.py with label smoothing of 0.1. Each trains for MINUTES and validates now and
then; its best model translates the test text greedily.
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
from benchmarks.side_by_side import watched
from benchmarks.toolkit_configs import joeynmt
from seq2seq.data.readers.files import find_compressed
from seq2seq.evaluation.metrics import score
from seq2seq.run_folder import RunFolder
from seq2seq.text.lines import read_lines
from seq2seq.text.special_tokens import SPECIAL_TOKENS
from seq2seq.training.metric_logger import read_metrics

WANTED = 28.0  # the validation BLEU whose time is told
TARGET = os.environ.get("SEQ2SEQ_TARGET", "de")
TESTS = ("test2016", "test")


class Raced(NamedTuple):
    """What one contestant did."""

    curve: list[Point]  # minutes, validation BLEU
    scores: dict[str, float]  # of the test text
    signature: str


def lay_out(corpus: Path, out: Path, change: Callable[[str], str] = str) -> Path:
    """The corpus as plain files train, val and test, each line changed by `change`."""
    out.mkdir(parents=True, exist_ok=True)
    for language in ("en", TARGET):
        for split, names in (("train", ["train"]), ("val", ["val"]), ("test", TESTS)):
            files = (find_compressed(corpus / f"{name}.{language}") for name in names)
            file = next((f for f in files if f), None)
            if file is None:
                sys.exit(f"{corpus} has no {names[0]}.{language}")
            toolkits.write(out / f"{split}.{language}", map(change, read_lines(file)))
    return out


def ours(data: Path, out: Path, minutes: float) -> Raced:
    """This toolkit's recipe."""
    shutil.rmtree(out, ignore_errors=True)  # of a race before
    command = [sys.executable, "-m", "seq2seq.train", "+recipe=en-de-multi30k"]
    command += [f"data.path={data}", f"data.target={TARGET}", f"train.budget={minutes}m"]
    subprocess.run([*command, f"hydra.run.dir={out}"], check=True, stdout=subprocess.DEVNULL)
    entries = read_metrics(out / "metrics.jsonl")
    curve = [(e["seconds"] / 60, e["bleu"]) for e in entries if e["kind"] == "validation"]
    hypotheses = out / "test.out"
    search: list[str | Path] = [sys.executable, "-m", "seq2seq.translate", f"run={out}"]
    search += [f"input={data / 'test.en'}", f"output={hypotheses}"]
    subprocess.run(search, check=True)
    return raced(curve, hypotheses, data)


def joey(kind: str, data: Path, out: Path, pieces: Path, minutes: float) -> Raced:
    """JoeyNMT's RNN or Transformer, with the pieces of the model file `pieces`."""
    config, _, _ = joeynmt(data, out, kind)
    vocabulary = data / "pieces.vocab"
    tokenizer = RunFolder(pieces.parent).read_tokenizers()[0]
    words = (tokenizer.piece(i) for i in range(tokenizer.vocab_size) if i not in SPECIAL_TOKENS)
    toolkits.write(vocabulary, words)
    config["data"] |= {"test": str(data / "test")}
    for side, language in (("src", "en"), ("trg", TARGET)):
        config["data"][side] |= {
            "lang": language, "voc_file": str(vocabulary),
            "tokenizer_cfg": {"model_file": str(pieces), "pretokenizer": "none"},
        }  # fmt: skip
    config["testing"]["max_output_length"] = -1  # its default: by the longest source of a batch
    # A validation takes time by its sentences, and only then a model is kept.
    every = min(250, 1 + sum(1 for _ in read_lines(data / "val.en")) // 8)  # steps
    config["training"] |= {"label_smoothing": 0.1, "validation_freq": every, "logging_freq": every}
    if kind == "transformer":
        config["training"] |= {"learning_rate": 5e-4}
    file = out.with_suffix(".yaml")
    file.write_text(yaml.safe_dump(config), encoding="utf-8")
    python = str(toolkits.program("joeynmt", "python"))
    log, module = out.with_suffix(".log"), [python, "-m", "joeynmt"]
    watched([*module, "train", file, "-t"], minutes * 60, log, {})
    if not (out / "best.ckpt").exists():
        sys.exit(f"JoeyNMT has kept no model after {minutes:g} minutes: {log} tells more")
    hypotheses = out / "test.out"
    with (data / "test.en").open() as source, hypotheses.open("w") as target:
        command = [*module, "translate", str(file)]
        subprocess.run(command, stdin=source, stdout=target, check=True,
                       stderr=subprocess.DEVNULL)  # fmt: skip
    return raced(validations(log.read_text(encoding="utf-8")), hypotheses, data)


def validations(log: str) -> list[Point]:
    """Minutes and BLEU, out of what JoeyNMT says while it trains."""
    times = re.findall(r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)", log, re.MULTILINE)
    began = datetime.fromisoformat(times[0])
    found = re.findall(r"^(\S+ \S+),.*Evaluation result.*?bleu:\s*([\d.]+)", log, re.MULTILINE)
    return [
        ((datetime.fromisoformat(at) - began).total_seconds() / 60, float(bleu))
        for at, bleu in found
    ]


def raced(curve: list[Point], hypotheses: Path, data: Path) -> Raced:
    """With the scores of the test text."""
    lines = list(read_lines(hypotheses)), list(read_lines(data / f"test.{TARGET}"))
    scores = score(*lines, TARGET, ("bleu", "chrf"))
    return Raced(curve, {s.name: s.value for s in scores}, scores[0].signature)


def reached(curve: list[Point]) -> str:
    """The first minute with the wanted score."""
    return next((f"{minutes:.1f}" for minutes, bleu in curve if bleu >= WANTED), "not reached")


def show(found: Mapping[str, Raced], minutes: float, name: str) -> None:
    """Table, JSON and picture."""
    rows = [
        (
            who,
            reached(r.curve),
            f"{max((b for _, b in r.curve), default=0):.1f}",
            *(f"{value:.1f}" for value in r.scores.values()),
        )
        for who, r in found.items()
    ]
    columns = ("", f"minutes to {WANTED:.0f}", "best validation BLEU", "test BLEU", "test chrF2")
    results.table(columns, rows)
    print(next(iter(found.values())).signature)
    curves = {who: r.curve for who, r in found.items() if r.curve}
    picture = results.plot_lines({"validation BLEU": curves}, "minutes", (False, False))
    plain: dict[str, Any] = {who: r._asdict() for who, r in found.items()}
    results.save(f"race_{name}", {"minutes": minutes, "raced": plain}, picture)


def main(arguments: list[str]) -> None:
    """The command line."""
    if len(arguments) < 2:
        sys.exit(__doc__)
    corpus, minutes = Path(arguments[0]), float(arguments[1])
    name = f"{corpus.resolve().name}-{TARGET}"
    work = toolkits.home() / "race" / name
    data = lay_out(corpus, work / "data")
    file = work / "raced.json"  # what was raced before, so that contestants may run apart
    found: dict[str, Raced] = {}
    for who in arguments[2:] or ("ours", "recurrent", "transformer"):
        if who == "ours":
            result = ours(data, work / "run", minutes)
        else:
            pieces = work / "run" / "tokenizer.model"
            who, result = f"JoeyNMT, {who}", joey(who, data, work / who, pieces, minutes)
        # Read only now: another may have ended in the meantime.
        before = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        found = {contestant: Raced(**r) for contestant, r in before.items()} | {who: result}
        toolkits.write(file, [json.dumps({other: r._asdict() for other, r in found.items()})])
    show(found, minutes, name)


if __name__ == "__main__":
    main(sys.argv[1:])
