"""A model of Tatoeba en-de adapted to another domain: BLEU in the new and in the old one.

python -m benchmarks.adaptation base DATA WORK            trains the model to adapt, in 8.5 minutes
python -m benchmarks.adaptation rows DATA WORK [ROW ...]  trains and scores rows that are missing
python -m benchmarks.adaptation table WORK                writes benchmarks/results/adaptation.json

DATA has the folders tatoeba, multi30k and bible, each with train, val and test (test2016) files.
Rows are DOMAIN/PAIRS/METHOD, as multi30k/500/adapted. What is interrupted is resumed.
"""

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import seq2seq
from benchmarks.results import show_help, write_result
from seq2seq.evaluation.metrics import score_hypotheses

DOMAINS = {"multi30k": "test2016", "bible": "test"}
PAIRS = {"500": 500, "2000": 2000, "all": 10**9}
OLD_PAIRS = 20_000  # of Tatoeba, from which old data are mixed
SENTENCES = 1000  # of each test text that are scored
STEPS = {"500": 200, "2000": 300, "all": 900}
RECIPE = ["+recipe=en-de", "train.budget=null", "validation.interval=75", "validation.samples=0"]
RECIPE += ["validation.most=300", "train.log_interval=50", "data.source=en", "data.target=de"]
ADAPTED = ["optimizer.lr=1.5e-3", "model.dropout=0.3"]
# What methods add to the adaptation; "from nothing" begins from none.
METHODS: dict[str, list[str]] = {
    "from nothing": [],
    "adapted": ADAPTED,
    "with old pairs": ADAPTED,
    "with a penalty": [*ADAPTED, "init.distance_penalty=1.0e-3"],
    "averaged": [*ADAPTED, "init.average=0.5"],
}
ROWS = [
    *(f"{domain}/{pairs}/{method}" for pairs in ("500", "2000", "all") for domain in DOMAINS
      for method in ("adapted", "from nothing")),
    *(f"{domain}/2000/{method}" for method in ("with old pairs", "with a penalty", "averaged")
      for domain in DOMAINS),
    *(f"{domain}/500/with old pairs" for domain in DOMAINS),
]  # fmt: skip


def read_lines(data: Path, corpus: str, split: str, language: str, most: int) -> list[str]:
    """Return the first lines of a split."""
    with gzip.open(data / corpus / f"{split}.{language}.gz", "rt", encoding="utf-8") as file:
        return [line.rstrip("\n") for line, _ in zip(file, range(most), strict=False)]


def corpus_folder(data: Path, work: Path, corpus: str, pairs: int) -> Path:
    """Return a folder with so many training pairs of a corpus, and all of its validation text."""
    folder = work / "text" / f"{corpus}-{pairs}"
    folder.mkdir(parents=True, exist_ok=True)
    for language in ("en", "de"):
        for split, most in (("train", pairs), ("val", 10**9), (DOMAINS.get(corpus, "test"), 10**9)):
            lines = read_lines(data, corpus, split, language, 10**9)
            step = max(1, len(lines) // most)  # evenly over the text: the Bible is in order
            text = "".join(f"{line}\n" for line in lines[::step][:most])
            name = "test" if split == DOMAINS.get(corpus) else split
            (folder / f"{name}.{language}").write_text(text, encoding="utf-8")
    return folder


def data_options(data: Path, work: Path, row: str) -> list[str]:
    """Return the options of the data of a row."""
    domain, pairs, method = row.split("/")
    new = corpus_folder(data, work, domain, PAIRS[pairs])
    if method != "with old pairs":
        return ["data=parallel", f"data.path={new}", "data.validation=val", "data.test=test"]
    old = corpus_folder(data, work, "tatoeba", OLD_PAIRS)
    words = ["data=joined"]
    for name, folder in (("old", old), ("new", new)):
        words += [f"+data@data.corpora.{name}=parallel", f"data.corpora.{name}.path={folder}"]
        words += [f"data.corpora.{name}.source=en", f"data.corpora.{name}.target=de"]
    words += ["data.corpora.new.validation=val", "data.corpora.new.test=test"]
    # One old pair for each new one.
    return [*words, f"data.weights={{old: {min(1.0, PAIRS[pairs] / OLD_PAIRS):g}}}"]


def train(data: Path, work: Path, row: str) -> Path:
    """Train the model of a row, or resume it, and return its run folder."""
    _, pairs, method = row.split("/")
    folder = work / "runs" / row.replace("/", "-").replace(" ", "-")
    options = [*RECIPE, *data_options(data, work, row), *METHODS[method]]
    steps = STEPS[pairs] * (2 if method in ("from nothing", "with old pairs") else 1)
    options += [f"train.steps={steps}", f"hydra.run.dir={folder}", "resume=auto"]
    if method != "from nothing":
        options.append(f"init={work / 'base'}")
    subprocess.run([sys.executable, "-m", "seq2seq.train", *options], check=True)
    return folder


def scores(data: Path, run: Path, domain: str) -> dict[str, float]:
    """Return BLEU of the test texts of the new and of the old domain, by greedy search."""
    translator = seq2seq.load(run)
    result = {}
    for name, corpus in (("new", domain), ("old", "tatoeba")):
        split = DOMAINS.get(corpus, "test")
        sides = [read_lines(data, corpus, split, code, SENTENCES) for code in ("en", "de")]
        translations = translator.translate(sides[0])
        result[name] = round(score_hypotheses(translations, sides[1], "de", ("bleu",))[0].value, 1)
    return result


def make_rows(data: Path, work: Path, rows: list[str]) -> None:
    """Train and score the rows that have no file yet."""
    (work / "rows").mkdir(parents=True, exist_ok=True)
    for row in [f"{domain}/0/not adapted" for domain in DOMAINS] + rows:
        file = work / "rows" / f"{row.replace('/', '-')}.json"
        if file.is_file():
            continue
        is_base = row.endswith("not adapted")
        run = work / "base" if is_base else train(data, work, row)
        result = {"row": row, **scores(data, run, row.split("/")[0])}
        file.write_text(json.dumps(result) + "\n", encoding="utf-8")
        print(json.dumps(result), flush=True)


def table(work: Path) -> list[list[Any]]:
    """Return all rows that are there."""
    found = [json.loads(file.read_text()) for file in sorted((work / "rows").glob("*.json"))]
    by_row = {each["row"]: each for each in found}
    rows = []
    for domain in DOMAINS:
        base = by_row[f"{domain}/0/not adapted"]["new"]
        best = by_row.get(f"{domain}/all/adapted", {}).get("new")
        for row in [f"{domain}/0/not adapted", *sorted(ROWS, key=order)]:
            if row in by_row and row.startswith(domain):
                _, pairs, method = row.split("/")
                new, old = by_row[row]["new"], by_row[row]["old"]
                share = f"{(new - base) / (best - base):.0%}" if best and pairs != "0" else ""
                rows.append([domain, method, pairs if pairs != "0" else "", new, old, share])
    return rows


def order(row: str) -> tuple[int, int]:
    """Return the place of a row in the table: by pairs, then by method."""
    _, pairs, method = row.split("/")
    return list(PAIRS).index(pairs), list(METHODS).index(method)


def main(arguments: list[str]) -> None:
    """Run the command line."""
    show_help(arguments, __doc__)
    match arguments:
        case ["base", data, work]:
            options = ["+recipe=en-de", "data=parallel", f"data.path={data}/tatoeba"]
            options += ["data.validation=val", "data.test=test", "train.budget=8.5m"]
            options += ["validation.most=500", "validation.interval=1500", "resume=auto"]
            command = [sys.executable, "-m", "seq2seq.train", *options]
            subprocess.run([*command, f"hydra.run.dir={work}/base"], check=True)
        case ["rows", data, work, *rows]:
            make_rows(Path(data), Path(work), rows or ROWS)
        case ["table", work]:
            out = Path(__file__).parent / "results" / "adaptation.json"
            about = (
                f"A model of Tatoeba en-de adapted, BLEU of greedy search on {SENTENCES:,} lines",
                "python -m benchmarks.adaptation rows DATA WORK",
            )
            columns = ["new domain", "method", "pairs", "new", "old", "share of the gain of all"]
            write_result(out, about, columns, table(Path(work)))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
