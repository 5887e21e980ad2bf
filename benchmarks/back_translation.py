"""What one-sided text gives a translator: back-translation and self-training, beside true pairs.

python -m benchmarks.back_translation rows DATA WORK CORPUS [ROW ...]   trains and scores what lacks
python -m benchmarks.back_translation table WORK           writes results/back-translation.json

DATA has the folders multi30k and tatoeba, each with train, val and test (test2016) files. CORPUS is
one of `CORPORA`: of its training text the first pairs are parallel, and of the rest only one side
is used; `true pairs` uses both. Every training, that of the reverse model too, has `BUDGET` of
processor time on one core. What is interrupted is resumed.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import seq2seq
from benchmarks.adaptation import read_lines
from benchmarks.results import machine, show_help, write_result
from benchmarks.sizing import ON_PROCESSOR_TIME
from seq2seq.evaluation.metrics import score_hypotheses

BUDGET = "4m"
SENTENCES = 1000  # of the test text that are scored, by greedy search


class Corpus(NamedTuple):
    """A corpus, and how much of it is parallel."""

    title: str
    folder: str
    test: str
    pairs: int  # the first ones
    lines: int  # of one side, those after them
    vocab_size: int


CORPORA = {
    "multi30k": Corpus("Multi30k", "multi30k", "test2016", 10_000, 19_000, 6000),
    "tatoeba": Corpus("Tatoeba", "tatoeba", "test", 20_000, 139_877, 8500),
}
# What `synthesize` does for each row; {} is a run that it uses.
SYNTHESES: dict[str, list[str]] = {
    "back-translation, beam": ["side=source", "search=beam", "search.beam_size=4"],
    "back-translation, sampled": ["side=source", "search=sample"],
    "back-translation, tagged beam": [
        "side=source", "search=beam", "search.beam_size=4", "tag=bt",
    ],
    "back-translation, noised beam": [
        "side=source", "search=beam", "search.beam_size=4",
        "noise.delete=0.1", "noise.blank=0.1", "noise.swap=3",
    ],
    "self-training": ["side=target", "search=beam", "search.beam_size=4"],
}  # fmt: skip
ROWS = ("nothing", *SYNTHESES, "true pairs")
RECIPE = ["+recipe=en-de", "validation.interval=150", "validation.samples=0"]
RECIPE += ["validation.sentences=300", "train.log_interval=100"]


def texts(data: Path, work: Path, corpus: Corpus) -> Path:
    """Return a folder with the parallel pairs, the others as `rest`, and validation and test."""
    folder = work / "text"
    folder.mkdir(parents=True, exist_ok=True)
    for code in ("en", "de"):
        lines = read_lines(data, corpus.folder, "train", code, corpus.pairs + corpus.lines)
        parts = {"train": lines[: corpus.pairs], "rest": lines[corpus.pairs :]}
        for split, name in (("val", "val"), (corpus.test, "test")):
            parts[name] = read_lines(data, corpus.folder, split, code, 10**9)
        for name, part in parts.items():
            (folder / f"{name}.{code}").write_text("".join(f"{x}\n" for x in part), "utf-8")
    return folder


def train(corpus: Corpus, out: Path, options: Sequence[str]) -> Path:
    """Train a run in `out`, or go on with it, and return it."""
    words = [*RECIPE, f"tokenizer.vocab_size={corpus.vocab_size}", *options]
    words += [f"train.budget={BUDGET}", f"hydra.run.dir={out}", "resume=auto"]
    if not (out / "README.md").is_file():
        command = [sys.executable, "-c", ON_PROCESSOR_TIME, *words]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return out


def parallel(folder: Path, source: str, target: str) -> list[str]:
    """Return the options of the parallel pairs alone."""
    return [
        "data=parallel", f"data.path={folder}", f"data.source={source}", f"data.target={target}",
        "data.validation=val", "data.test=test",
    ]  # fmt: skip


def joined(folder: Path, other: Sequence[str]) -> list[str]:
    """Return the options of the parallel pairs joined with others, which options describe."""
    words = ["data=joined", "data.source=en", "data.target=de"]
    words += ["+data@data.corpora.given=parallel", f"data.corpora.given.path={folder}"]
    words += ["data.corpora.given.validation=val", "data.corpora.given.test=test"]
    words += [f"data.corpora.other.{each}" for each in other]
    for name in ("given", "other"):
        words += [f"data.corpora.{name}.source=en", f"data.corpora.{name}.target=de"]
    return words


def options_of(row: str, corpus: Corpus, folder: Path, work: Path) -> list[str]:
    """Return the options of the data of a row; text is synthesized if it has to be."""
    if row == "nothing":
        return parallel(folder, "en", "de")
    if row == "true pairs":
        return [
            "+data@data.corpora.other=parallel",
            *joined(folder, [f"path={folder}", "train=rest"]),
        ]
    is_back = "side=source" in SYNTHESES[row]
    if is_back:
        run = train(corpus, work / "reverse", parallel(folder, "de", "en"))
    else:
        run = train(corpus, work / "nothing", parallel(folder, "en", "de"))
    text = folder / ("rest.de" if is_back else "rest.en")
    out = work / "synthetic" / f"{row.replace(', ', '-').replace(' ', '-')}.tsv"
    out.parent.mkdir(exist_ok=True)
    if not out.is_file():
        command = [sys.executable, "-m", "seq2seq.synthesize", f"run={run}", f"input={text}"]
        subprocess.run([*command, f"output={out}", *SYNTHESES[row]], check=True)
    return ["+data@data.corpora.other=tsv", *joined(folder, [f"train={out}"])]


def score(data: Path, run: Path, corpus: Corpus) -> tuple[float, float]:
    """Return BLEU and chrF of the test text by greedy search."""
    sides = [read_lines(data, corpus.folder, corpus.test, x, SENTENCES) for x in ("en", "de")]
    translations = seq2seq.load(run).translate(sides[0])
    bleu, chrf = score_hypotheses(translations, sides[1], "de", ("bleu", "chrf"))
    return round(bleu.value, 1), round(chrf.value, 1)


def make_rows(data: Path, work: Path, name: str, rows: Sequence[str]) -> None:
    """Train and score the rows of a corpus that have no file yet."""
    corpus, work = CORPORA[name], work / name
    folder = texts(data, work, corpus)
    (work / "rows").mkdir(exist_ok=True)
    for row in rows:
        stem = row.replace(", ", "-").replace(" ", "-")
        file = work / "rows" / f"{stem}.json"
        if not file.is_file():
            run = train(corpus, work / stem, options_of(row, corpus, folder, work))
            bleu, chrf = score(data, run, corpus)
            result = {"row": row, "bleu": bleu, "chrf": chrf, "machine": machine()}
            file.write_text(json.dumps(result) + "\n", encoding="utf-8")
            print(json.dumps(result), flush=True)


def table(work: Path) -> list[list[Any]]:
    """Return the rows that are there, with the share of what the true pairs give."""
    made = []
    for name, corpus in CORPORA.items():
        files = sorted((work / name / "rows").glob("*.json"))
        found = {each["row"]: each for each in (json.loads(f.read_text("utf-8")) for f in files)}
        ends = [found[row]["bleu"] for row in ("nothing", "true pairs") if row in found]
        for row in ROWS:
            if row in found:
                bleu, share = found[row]["bleu"], ""
                if len(ends) == 2 and row in SYNTHESES:
                    share = f"{(bleu - ends[0]) / (ends[1] - ends[0]):.0%}"
                made.append([corpus.title, row, bleu, found[row]["chrf"], share])
    return made


def main(arguments: list[str]) -> None:
    """Run the command line."""
    show_help(arguments, __doc__)
    match arguments:
        case ["rows", data, work, name, *rows] if name in CORPORA:
            make_rows(Path(data), Path(work), name, rows or ROWS)
        case ["table", work]:
            out = Path(__file__).parent / "results" / "back-translation.json"
            about = (
                f"en-de with one-sided text, {BUDGET[:-1]} minutes of training each",
                "python -m benchmarks.back_translation rows DATA WORK CORPUS",
            )
            columns = ["corpus", "beside the pairs", "BLEU", "chrF2", "share of the gain"]
            write_result(out, about, columns, table(Path(work)))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
