"""Scores after so many minutes: the rows of the table in recipes/README.md.

python benchmarks/quality.py train NAME FOLDER   trains a condition on the corpus in FOLDER
python benchmarks/quality.py rows RUN ...        the rows of runs that are there already

A row has the command, the time, and greedy scores on the run's held-out text, beside those of
copying the source; each run's row is also written to its folder, as quality.json.
"""

import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

import seq2seq
from seq2seq.metrics import score
from seq2seq.run import Run
from seq2seq.training.report import clock, read

FILES = ["data=parallel", "data.validation=val", "data.test=test", "train.budget=30m"]
CONDITIONS = {
    "en-de": ["+recipe=en-de"],
    "en-de-none": ["+recipe=en-de", "model/attention=none", "name=en-de-none"],
    "en-de-long": ["+recipe=en-de-long"],
    "multi30k": ["+recipe=en-de-multi30k"],
    "multi30k-none": ["+recipe=en-de-multi30k", "model/attention=none", "name=multi30k-none"],
    "tatoeba": ["+recipe=en-de-multi30k", *FILES, "name=tatoeba"],
    "tatoeba-ja": ["+recipe=en-de-multi30k", *FILES, "data.target=ja", "name=tatoeba-ja"],
}


def train(name: str, folder: str) -> Path:
    """Train a condition, and return the folder of the run."""
    out = Path("runs") / "quality" / name
    command = [*CONDITIONS[name], f"data.path={folder}", f"hydra.run.dir={out}"]
    subprocess.run([sys.executable, "-m", "seq2seq.train", *command], check=True)
    return out


def row(folder: Path) -> dict[str, Any]:
    """What there is to say of a run, from its folder and its held-out text."""
    run = Run(folder)
    facts, test = run.read_facts(), run.read_test()
    references = [pair.target for pair in test]
    sources = [pair.source for pair in test]
    documents = [pair.document for pair in test]
    translations = seq2seq.load(folder).translate(sources, documents)
    metrics = ("bleu", "chrf")
    given = OmegaConf.load(folder / ".hydra" / "overrides.yaml")
    overrides = [o for o in given if not str(o).startswith(("hydra.", "data.path", "resume"))]
    figures = {
        "command": "python -m seq2seq.train " + shlex.join(map(str, overrides)),
        "seconds": max(entry["seconds"] for entry in read(run.metrics)),
        "weights": facts["parameters"],
        "pairs": json.loads(run.audit.read_text())["train"]["left"],
        "test": len(test),
        "scores": score(translations, references, facts["target"], metrics),
        "copied": score(sources, references, facts["target"], metrics),
    }
    plain = figures | {k: [s._asdict() for s in figures[k]] for k in ("scores", "copied")}
    (folder / "quality.json").write_text(json.dumps(plain, indent=1), encoding="utf-8")
    return figures


def show(figures: dict[str, Any]) -> None:
    """A row in Markdown."""
    values = " / ".join(f"{s.value:.1f}" for s in figures["scores"])
    copied = " / ".join(f"{s.value:.1f}" for s in figures["copied"])
    print(
        f"| `{figures['command']}` | {figures['pairs']:,} | {clock(figures['seconds'])} | {values} "
        f"| {copied} | {figures['test']} |"
    )


def main(arguments: list[str]) -> None:
    """The command line."""
    match arguments:
        case ["train", name, folder] if name in CONDITIONS:
            folders = [train(name, folder)]
        case ["rows", first, *rest]:
            folders = [Path(run) for run in (first, *rest)]
        case _:
            sys.exit(f"{__doc__}\nNAME is one of {', '.join(CONDITIONS)}")
    print("| command | pairs | time | BLEU / chrF | the source copied | test sentences |")
    print("|---|---|---|---|---|---|")
    rows = [row(folder) for folder in folders]
    for figures in rows:
        show(figures)
    for signature in dict.fromkeys(s.signature for figures in rows for s in figures["scores"]):
        print(f"\n{signature}")


if __name__ == "__main__":
    main(sys.argv[1:])
