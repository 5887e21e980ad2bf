"""Scores of recipes: the rows of the table in recipes/README.md.

python benchmarks/quality.py train NAME FOLDER [OPTION ...]   trains a condition on a corpus
python benchmarks/quality.py rows RUN ...                     prints the rows of finished runs
python benchmarks/quality.py searches RUN                     scores a run with each search
python benchmarks/quality.py race CORPUS MINUTES [NAME ...]   see quality_over_time.py

A row has the command, the time, scores of greedy and of beam search on the run's held-out text, the
lower-cased BLEU of beam search (both sides lower-cased, then tokenised by 13a), and the scores of
the source as its own translation. Several runs have a row of means too. The row of each run is also
written to its folder, as quality.json. In multi30k-lower the training text is lower-cased, as in
most published results on Multi30k.
"""

import json
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from statistics import mean
from typing import Any

from sacrebleu.metrics.bleu import BLEU

import seq2seq
from benchmarks import quality_over_time, results
from seq2seq.evaluation.metrics import Score, sacrebleu_tokenizer, score_hypotheses
from seq2seq.run_folder import RunFolder
from seq2seq.search.beam import Beam
from seq2seq.search.greedy import Greedy
from seq2seq.search.interface import Search
from seq2seq.search.mbr import MinimumBayesRisk
from seq2seq.training.metric_logger import format_duration, read_metrics

FILES = ["data=parallel", "data.validation=val", "data.test=test", "train.budget=30m"]
CONDITIONS = {
    "en-de": ["+recipe=en-de"],
    "en-de-none": ["+recipe=en-de", "model/attention=none", "name=en-de-none"],
    "en-de-long": ["+recipe=en-de-long"],
    "multi30k": ["+recipe=en-de-multi30k"],
    "multi30k-lower": ["+recipe=en-de-multi30k", "name=multi30k-lower"],
    "multi30k-none": [
        "+recipe=en-de-multi30k",
        "model/attention=none",
        "model/cell=lstm",
        "name=multi30k-none",
    ],
    "classic": ["+recipe=en-de-classic"],
    "tatoeba": ["+recipe=en-de-multi30k", *FILES, "name=tatoeba"],
    "tatoeba-ja": ["+recipe=en-de-multi30k", *FILES, "data.target=ja", "name=tatoeba-ja"],
    "bible": ["+recipe=en-de-multi30k", *FILES, "name=bible"],
}
BEAM, METRICS = 5, ("bleu", "chrf")
COLUMNS = (
    "command",
    "pairs",
    "time",
    "greedy BLEU / chrF2",
    f"beam of {BEAM}",
    "lower-cased",
    "copied",
    "test",
)


def train(name: str, folder: str, options: Sequence[str]) -> Path:
    """Train a condition of `CONDITIONS`, and return the run folder."""
    out = Path("runs") / "quality" / re.sub(r"[^\w.]+", "-", "-".join([name, *options]))
    corpus = Path(folder)
    if name.endswith("-lower"):
        corpus = quality_over_time.copy_corpus(corpus, out.with_name(f"{out.name}-text"), str.lower)
    command = [*CONDITIONS[name], f"data.path={corpus}", *options, f"hydra.run.dir={out}"]
    subprocess.run([sys.executable, "-m", "seq2seq.train", *command], check=True)
    return out


def lower_cased(translations: Sequence[str], references: Sequence[str], language: str) -> Score:
    """Compute BLEU of lower-cased text."""
    scorer = BLEU(lowercase=True, tokenize=sacrebleu_tokenizer(language))
    result = scorer.corpus_score(list(translations), [list(references)])
    return Score(result.name, float(result.score), scorer.get_signature().format())


def row(folder: Path) -> dict[str, Any]:
    """Score a run on its held-out text, and write the scores to its folder."""
    run = RunFolder(folder)
    facts, test = run.read_facts(), run.read_test()
    references = [pair.target for pair in test]
    sources = [pair.source for pair in test]
    documents = [pair.document for pair in test]
    translator = seq2seq.load(folder)
    greedy = translator.translate(sources, documents)
    translator.decoder.search = Beam(beam_size=BEAM, length_penalty=1.0, n_best=1)
    beam = translator.translate(sources, documents)
    language = facts["target"]
    overrides = [o for o in facts["overrides"] if not o.startswith(("data.path", "resume"))]
    scores_of_run = {
        "command": "python -m seq2seq.train " + shlex.join(overrides),
        "seconds": max(entry["seconds"] for entry in read_metrics(run.metrics)),
        "weights": facts["parameters"],
        "pairs": json.loads(run.audit.read_text())["train"]["left"],
        "test": len(test),
        "greedy": score_hypotheses(greedy, references, language, METRICS),
        "beam": score_hypotheses(beam, references, language, METRICS),
        "lower": [lower_cased(beam, references, language)],
        "copied": score_hypotheses(sources, references, language, METRICS),
    }
    serialisable = {
        k: [s._asdict() for s in v] if isinstance(v, list) else v for k, v in scores_of_run.items()
    }
    (folder / "quality.json").write_text(json.dumps(serialisable, indent=1), encoding="utf-8")
    return scores_of_run


def searches(folder: Path) -> list[tuple[str, ...]]:
    """Return a row for each search: name, time, BLEU / chrF2, and lower-cased BLEU."""
    run = RunFolder(folder)
    language, test = run.read_facts()["target"], run.read_test()
    references = [pair.target for pair in test]
    tokenize = sacrebleu_tokenizer(language)
    sampled = partial(MinimumBayesRisk, 32, top_k=0, top_p=1.0, seed=1, tokenize=tokenize)
    strategies: dict[str, Search] = {
        "greedy": Greedy(),
        "beam of 5": Beam(beam_size=5, length_penalty=1.0, n_best=1),
        "beam of 12": Beam(beam_size=12, length_penalty=1.0, n_best=1),
        "mbr, chrF, temperature 0.7": sampled(temperature=0.7, beam=0, utility="chrf"),
        "mbr, BLEU, temperature 0.8": sampled(temperature=0.8, beam=0, utility="bleu"),
        "the same, and a beam of 12": sampled(temperature=0.8, beam=12, utility="bleu"),
    }
    translator = seq2seq.load(folder)
    rows: list[tuple[str, ...]] = []
    for name, search in strategies.items():
        translator.decoder.search = search
        start = time.perf_counter()
        translations = translator.translate([p.source for p in test], [p.document for p in test])
        duration = time.perf_counter() - start
        scores = " / ".join(
            f"{s.value:.1f}" for s in score_hypotheses(translations, references, language, METRICS)
        )
        lower = lower_cased(translations, references, language).value
        rows.append((name, format_duration(duration), scores, f"{lower:.1f}"))
    return rows


def cells(scores_of_run: dict[str, Any]) -> list[str]:
    """Format a row of the table."""
    scores = [
        " / ".join(f"{s.value:.1f}" for s in scores_of_run[kind])
        for kind in ("greedy", "beam", "lower", "copied")
    ]
    pairs, seconds = f"{scores_of_run['pairs']:,}", format_duration(scores_of_run["seconds"])
    return [f"`{scores_of_run['command']}`", pairs, seconds, *scores, str(scores_of_run["test"])]


def means(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Format the row of means."""
    scores = []
    for kind in ("greedy", "beam", "lower"):
        columns = zip(
            *([s.value for s in scores_of_run[kind]] for scores_of_run in rows), strict=True
        )
        scores.append(" / ".join(f"{mean(column):.2f}" for column in columns))
    return [f"mean of {len(rows)}", "", "", *scores, "", ""]


def main(arguments: list[str]) -> None:
    """Run the command line."""
    results.show_help(arguments, __doc__)
    match arguments:
        case ["race", *rest]:
            quality_over_time.main(rest)
            return
        case ["train", name, folder, *options] if name in CONDITIONS:
            folders = [train(name, folder, options)]
        case ["rows", first, *rest]:
            folders = [Path(run) for run in (first, *rest)]
        case ["searches", run]:
            results.table(("search", "time", "BLEU / chrF2", "lower-cased"), searches(Path(run)))
            return
        case _:
            sys.exit(f"{__doc__}\nNAME is one of {', '.join(CONDITIONS)}")
    rows = [row(folder) for folder in folders]
    results.table(COLUMNS, [*map(cells, rows), *([means(rows)] if len(rows) > 1 else [])])
    kinds = ("greedy", "lower")
    for signature in dict.fromkeys(s.signature for f in rows for k in kinds for s in f[k]):
        print(f"\n{signature}")


if __name__ == "__main__":
    main(sys.argv[1:])
