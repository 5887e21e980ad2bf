"""Case as marks of its own, against truecasing: lower-cased words, each after a mark of its case.

python -m benchmarks.inline_case RUN FOLDER [--steps N] [--out FILE]

Inline casing (Berard et al. 2019, section 3.2) gives a network lower-cased pieces and their case,
on both sides. RUN is a run of `+recipe=en-de`, whose held-out text is used. FOLDER gets the marked
text and a run of N steps (1,000), which is then measured on lines in capitals, title case and
lower case. Compare with the rows "none" and "truecasing" of `benchmarks.augmentation`.
"""

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.hard_lines import cells, hard_lines
from benchmarks.hard_variants import case_rows
from benchmarks.line_checks import SPAN

CAPITAL, CAPITALS = "\ue600", "\ue601"  # before a word: its first letter, or all letters
WORD = re.compile(r"[^\W\d_]+")
MARKED = re.compile(f"([{CAPITAL}{CAPITALS}])([^\\W\\d_]+)")


def mark_case(line: str) -> str:
    """Return a line in lower case with marks; spans, and words of mixed case, stay as they are."""
    parts, end = [], 0
    for span in SPAN.finditer(line):
        parts += [WORD.sub(mark_word, line[end : span.start()]), span[0]]
        end = span.end()
    return "".join([*parts, WORD.sub(mark_word, line[end:])])


def mark_word(match: re.Match[str]) -> str:
    """Return a word in lower case after the mark of its case."""
    word = match[0]
    if len(word) > 1 and word.isupper() and word.lower().upper() == word:
        return CAPITALS + word.lower()
    if word == word.lower().capitalize() and word != word.lower():
        return CAPITAL + word.lower()
    return word


def apply_case(line: str) -> str:
    """Return a line without marks."""
    cased = MARKED.sub(
        lambda match: match[2].upper() if match[1] == CAPITALS else match[2].capitalize(), line
    )
    return re.sub(f"[{CAPITAL}{CAPITALS}]", "", cased)


def write_corpus(run: Path, folder: Path) -> None:
    """Write the training text of a run and its held-out text with marks, as parallel files."""
    from seq2seq.builders import instantiate_node
    from seq2seq.run_folder import RunFolder

    run_folder = RunFolder(run)
    config = run_folder.read_config()
    corpus = instantiate_node("data", config.data)
    test = {(pair.source, pair.target) for pair in run_folder.read_test()}
    train = [(p.source, p.target) for p in corpus.splits["train"]]
    splits = {"train": [pair for pair in train if pair not in test], "test": sorted(test)}
    folder.mkdir(parents=True, exist_ok=True)
    for name, pairs in splits.items():
        for side, language in enumerate((corpus.source, corpus.target)):
            text = "".join(f"{mark_case(' '.join(pair[side].split()))}\n" for pair in pairs)
            (folder / f"{name}.{language}").write_text(text, encoding="utf-8")


def train(folder: Path, steps: int) -> Path:
    """Train on the marked text, and return the run folder."""
    run = folder / "run"
    options = [
        "+recipe=en-de", "data=parallel", f"data.path={folder}", "data.test=test",
        "train.budget=null", f"train.steps={steps}", "protect.truecase=false",
        "augment.emoji=0", "augment.spans=0", f"hydra.run.dir={run}",
    ]  # fmt: skip
    subprocess.run([sys.executable, "-m", "seq2seq.train", *options], check=True)
    return run


def main() -> None:
    """Write, train and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()

    import seq2seq
    from benchmarks import results
    from seq2seq.run_folder import RunFolder

    write_corpus(options.run, options.folder)
    translator = seq2seq.load(train(options.folder, options.steps))
    test = RunFolder(options.run).read_test()

    def translate(lines: Sequence[str]) -> list[str]:
        return [apply_case(line) for line in translator.translate([mark_case(x) for x in lines])]

    pairs = [(pair.source, pair.target) for pair in test]
    rows = hard_lines(pairs, ("en", "de"), translate, [case_rows])
    columns = ("lines", "metric", "value", "plain", "number", "condition", "met")
    results.table(columns, [cells(row) for row in rows])
    if options.out:
        made = {"rows": [row._asdict() for row in rows], "steps": options.steps}
        options.out.write_text(json.dumps(made, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
