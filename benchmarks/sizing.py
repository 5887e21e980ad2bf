"""The recipe `own`, which fits itself to text and time, beside fixed recipes on the same text.

python -m benchmarks.sizing run CORPORA CORPUS PAIRS MINUTES NAME [OPTION ...]
python -m benchmarks.sizing table

`run` trains the choice NAME of `CHOICES`, with further options if any, on the first PAIRS pairs (or
`all`) of a corpus of `CORPORA`, for MINUTES (`-`: as many epochs as the options say), and adds
its scores to output/sizing.json; what is measured already is skipped. Minutes are of processor
time, on one core: other work on the machine changes nothing. CORPORA is a
folder with a folder for each corpus: train, val and test .en and the like, plain or compressed.
Validation text is 5 % as long as training text, 50 to 1,000 pairs, as is held out by default; test
text is that of the corpus.

`own-dictionary` adds the first phrases of the word list in the folder ding, as many as `WORDS`.
`table` writes results/sizing.json, the cells of text and minutes with a column for each choice, and
results/few-pairs.json, the rows of 1,000 pairs, from the measurements.
"""

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import results
from seq2seq.data.readers.files import find_compressed
from seq2seq.run_folder import RunFolder
from seq2seq.storage.files import atomic_write
from seq2seq.text.lines import read_lines
from seq2seq.training.metric_logger import read_metrics

MEASURED = results.FOLDER / "sizing.json"
WORDS = 10_000  # pairs of a dictionary
READER = "seq2seq.data.readers.parallel.parallel"
FEW = 5_000  # pairs: for fewer, the README gives smaller batches


# `seq2seq.train` with a clock of processor time.
ON_PROCESSOR_TIME = """
import runpy, time
time.monotonic = time.process_time
runpy.run_module("seq2seq.train", run_name="__main__", alter_sys=True)
"""


class Corpus(NamedTuple):
    """A corpus: its folder, languages, and the name of its test files."""

    folder: str
    source: str
    target: str
    test: str = "test"


CORPORA = {
    "tatoeba": Corpus("tatoeba", "en", "de"),
    "tatoeba-ja": Corpus("tatoeba-ja", "en", "ja"),
    "bible-de": Corpus("bible", "en", "de"),
    "bible-ar": Corpus("bible", "en", "ar"),
    "multi30k-fr": Corpus("multi30k", "en", "fr", "test2016"),
}
TITLES = {
    "tatoeba": "Tatoeba en-de",
    "tatoeba-ja": "Tatoeba en-ja",
    "bible-de": "Bible en-de",
    "bible-ar": "Bible en-ar",
    "multi30k-fr": "Multi30k en-fr",
}
COLUMNS = ("own", "en-de", "en-de-multi30k", "readme")  # of the table of cells
FEW_PREFIX = "tatoeba 1000 - "  # of the keys of the rows of few pairs
CHOICES = {
    "own": ["+recipe=own"],
    "own-dictionary": ["+recipe=own", "data=joined"],
    "readme": ["model/attention=additive"],
    "en-de": ["+recipe=en-de", "data=parallel"],
    "en-de-multi30k": ["+recipe=en-de-multi30k", "data=parallel"],
}


def copy_pairs(corpora: Path, corpus: Corpus, pairs: int | None, out: Path) -> None:
    """Write the first `pairs` pairs, and validation and test text, as plain files into `out`."""
    out.mkdir(parents=True, exist_ok=True)
    for language in (corpus.source, corpus.target):
        count = pairs
        for split, name in (("train", "train"), ("val", "val"), ("test", corpus.test)):
            file = find_compressed(corpora / corpus.folder / f"{name}.{language}")
            if file is None:
                sys.exit(f"{corpora / corpus.folder} has no {name}.{language}")
            lines = list(islice(read_lines(file), count))
            with atomic_write(out / f"{split}.{language}") as copy:
                copy.writelines(f"{line}\n" for line in lines)
            count = min(1000, max(50, len(lines) // 20)) if split == "train" else None


def options_of(name: str, pairs: int | None) -> list[str]:
    """Return the options of a choice, for text of so many pairs (None: all of a corpus)."""
    if name == "readme" and pairs is not None and pairs <= FEW:
        return [*CHOICES[name], "batches.sentences=16"]
    return CHOICES[name]


def data_options(name: str, data: Path, corpus: Corpus) -> list[str]:
    """Return the options that name the text in the folder `data`."""
    languages = [f"data.source={corpus.source}", f"data.target={corpus.target}"]
    if name != "own-dictionary":
        return [f"data.path={data}", *languages, "data.validation=val", "data.test=test"]
    shared = f"_target_:{READER},path:{data},source:{corpus.source},target:{corpus.target}"
    shared += ",licence:unknown,documents:false"
    text = f"{{{shared},train:train,validation:val,test:test}}"
    words = f"{{{shared},train:words,validation:null,test:null}}"
    return [*languages, f"+data.corpora={{text:{text},words:{words}}}", "data.weights={text:3}"]


def copy_words(corpora: Path, corpus: Corpus, out: Path) -> None:
    """Write the first phrases of the dictionary as plain files into `out`."""
    for language in (corpus.source, corpus.target):
        file = find_compressed(corpora / "ding" / f"phrases.{language}")
        if file is None:
            sys.exit(f"{corpora / 'ding'} has no phrases.{language}")
        with atomic_write(out / f"words.{language}") as copy:
            copy.writelines(f"{line}\n" for line in islice(read_lines(file), WORDS))


def train(data: Sequence[str], minutes: str, options: Sequence[str], out: Path) -> None:
    """Train with `options`, and the options `data` of the text, into the run folder `out`."""
    budget = "null" if minutes == "-" else f"{minutes}m"
    command = [*options, *data, f"train.budget={budget}", f"hydra.run.dir={out}"]
    words = [sys.executable, "-c", ON_PROCESSOR_TIME, *command]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)


def measurement(out: Path) -> dict[str, Any]:
    """Return scores, chosen options and counts of the finished run in `out`."""
    run = RunFolder(out)
    facts, metrics = run.read_facts(), read_metrics(run.metrics)
    scores = dict(re.findall(r"^(\w+) = ([\d.]+)", "\n".join(facts["scores"]), re.MULTILINE))
    validations = [(e["step"], e["bleu"]) for e in metrics if e["kind"] == "validation"]
    config = run.read_config(set())
    return {
        "bleu": float(scores["BLEU"]),
        "chrf": float(scores["chrF2"]),
        "parameters": facts["parameters"],
        "vocab_size": run.read_tokenizers()[1].vocab_size,
        "sizes": [
            config.model.embedding_size,
            config.model.encoder.size,
            config.model.decoder.size,
            config.model.decoder.layers,
        ],
        "dropout": config.model.dropout,
        "steps": metrics[-1]["step"],
        "seconds": facts["seconds"],
        "ended": facts["ended"],
        "validations": validations,
        "machine": results.machine(),
    }


def read_measured() -> dict[str, Any]:
    """Return the measurements so far, by corpus, pairs, minutes, name and options."""
    return json.loads(MEASURED.read_text(encoding="utf-8")) if MEASURED.exists() else {}


def run_cell(
    corpora: Path, corpus_name: str, pairs: str, minutes: str, name: str, extra: Sequence[str]
) -> None:
    """Measure a choice on some text, unless that has been done."""
    key = " ".join([corpus_name, pairs, minutes, name, *extra])
    if key in read_measured():
        print(f"{key}: measured already")
        return
    corpus, count = CORPORA[corpus_name], None if pairs == "all" else int(pairs)
    work = results.FOLDER / "sizing"
    data = work / f"{corpus_name}-{pairs}"
    copy_pairs(corpora, corpus, count, data)
    out = work / "runs" / re.sub(r"[^\w.=-]+", "_", key)
    if name == "own-dictionary":
        copy_words(corpora, corpus, data)
    options = [*options_of(name, count), *extra]
    train(data_options(name, data, corpus), minutes, options, out)
    entry = measurement(out)
    measured = read_measured() | {key: entry}  # read again: another process may have written
    with atomic_write(MEASURED) as file:
        json.dump(measured, file, indent=1)
    print(f"{key}: BLEU {entry['bleu']}, chrF {entry['chrf']}, {entry['steps']} steps", flush=True)


def scores_of(entry: dict[str, Any]) -> dict[str, float]:
    """Return BLEU and chrF2 of a measurement, rounded."""
    return {"bleu": round(entry["bleu"], 1), "chrf2": round(entry["chrf"], 1)}


def cell_rows(measured: dict[str, Any]) -> list[list[Any]]:
    """Return a row for each text and minutes: scores of each choice as it is."""
    cells: dict[tuple[str, ...], dict[str, Any]] = {}
    for key, entry in measured.items():
        corpus, pairs, minutes, name, *extra = key.split()
        if minutes != "-" and not extra:
            cells.setdefault((corpus, pairs, minutes), {})[name] = scores_of(entry)
    order = list(CORPORA)
    rows = sorted(cells, key=lambda c: (order.index(c[0]), float(c[1].replace("all", "inf")), c[2]))
    return [
        [TITLES[cell[0]], pairs_in_words(cell[1]), int(cell[2])]
        + [cells[cell].get(name) for name in COLUMNS]
        for cell in rows
    ]


def pairs_in_words(pairs: str) -> Any:
    """Return the pairs of a cell as a number, or `all`."""
    return pairs if pairs == "all" else int(pairs)


def few_rows(measured: dict[str, Any]) -> list[list[Any]]:
    """Return a row for each choice on 1,000 pairs of Tatoeba, the best first."""
    entries = {
        key.removeprefix(FEW_PREFIX): entry
        for key, entry in measured.items()
        if key.startswith(FEW_PREFIX)
    }
    best_first = sorted(entries, key=lambda key: -entries[key]["chrf"])
    return [[key, entries[key]["steps"], scores_of(entries[key])] for key in best_first]


def write_results(measured: dict[str, Any]) -> None:
    """Write the results that documents show."""
    command = "python -m benchmarks.sizing run CORPORA CORPUS PAIRS MINUTES NAME"
    tables = {
        "sizing": (
            "BLEU / chrF2 of the test text by choice of options",
            ["text", "pairs", "minutes", *COLUMNS],
            cell_rows(measured),
        ),
        "few-pairs": (
            "1,000 pairs of Tatoeba, English to German, as many epochs as the options say",
            ["options", "steps", "BLEU / chrF2"],
            few_rows(measured),
        ),
    }
    for name, (title, columns, rows) in tables.items():
        file = Path(__file__).resolve().parent / "results" / f"{name}.json"
        results.write_result(file, (title, command), columns, rows)


def main(arguments: list[str]) -> None:
    """Run the command line."""
    results.show_help(arguments, __doc__)
    match arguments:
        case ["run", corpora, corpus, pairs, minutes, name, *extra] if (
            corpus in CORPORA and name in CHOICES
        ):
            run_cell(Path(corpora), corpus, pairs, minutes, name, extra)
        case ["table"]:
            write_results(read_measured())
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
