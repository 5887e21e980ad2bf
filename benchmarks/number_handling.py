"""Numbers as symbols or as text: what each does to plain text and to numbers.

python -m benchmarks.number_handling FOLDER [--steps N] [NAME ...]   trains and measures
python -m benchmarks.number_handling FOLDER --table FILE             writes the result

A run is `+recipe=en-de` for N steps (2,000). "Other numbers" are those of the test text with other
digits, which training never showed beside their words. A run that was measured is left out.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

from benchmarks import results
from benchmarks.hard_variants import Text, own_spans
from benchmarks.line_checks import SPAN, keeps_numbers

KINDS = "custom,word,code,url,email,tag,placeholder,markup,path,identifier,emoji"  # no number
VARIANTS = {
    "symbols": [],
    "text, digits split": [f"protect.kinds=[{KINDS}]", "tokenizer.split_digits=true"],
    "text": [f"protect.kinds=[{KINDS}]"],
}
COLUMNS = ["numbers", "BLEU", "numbers kept, %", "other numbers kept, %", "BLEU of these"]


def other_digits(line: str) -> str:
    """Return a line with other digits outside its placeholders, URLs, tags and code.

    A number of several digits keeps its form, and no digit becomes 0. A number of one digit stays:
    the words beside it may depend on it.
    """

    def changed(text: str) -> str:
        characters = list(text)
        for at, c in enumerate(text):
            beside = text[max(at - 1, 0) : at] + text[at + 1 : at + 2]
            if c in "0123456789" and any(other.isdigit() for other in beside):
                characters[at] = str((int(c) + 3 * at) % 9 + 1)
        return "".join(characters)

    parts, end = [], 0
    for match in SPAN.finditer(line):
        parts += [changed(line[end : match.start()]), match[0]]
        end = match.end()
    return "".join([*parts, changed(line[end:])])


def measure(run: Path) -> list[float]:
    """Return the figures of `COLUMNS` but the first."""
    import seq2seq
    from seq2seq.run_folder import RunFolder

    folder = RunFolder(run)
    facts, test = folder.read_facts(), folder.read_test()
    sources, references = [pair.source for pair in test], [pair.target for pair in test]
    translate = seq2seq.load(run).translate
    languages = str(facts["source"]), str(facts["target"])
    text = Text(sources, references, translate(sources), *languages, translate)
    own = next(row for row in own_spans(text) if "numbers" in row.lines)
    # Lines whose reference has all numbers of the source, so that it can have others, too.
    numbered = [
        (source, reference)
        for source, reference in zip(sources, references, strict=True)
        if other_digits(source) != source and keeps_numbers(source, reference, source)
    ]
    others = [other_digits(source) for source, _ in numbered]
    translations = translate(others)
    kept = [
        bool(keeps_numbers(source, line, source))
        for source, line in zip(others, translations, strict=True)
    ]
    masked = [_masked(line) for line in translations]
    expected = [_masked(reference) for _, reference in numbered]
    return [
        text.bleu(text.plain, references),
        own.value,
        100 * sum(kept) / len(kept),
        text.bleu(masked, expected),
    ]


def _masked(line: str) -> str:
    """Return a line with the same digit for each."""
    return "".join("0" if c.isdigit() else c for c in line)


def train(folder: Path, name: str, steps: int) -> None:
    """Train and measure a variant, if that was not done before."""
    run = folder / results.file_stem(name)
    out = run.with_suffix(".json")
    if out.exists():
        return
    options = ["+recipe=en-de", "train.budget=null", f"train.steps={steps}", *VARIANTS[name]]
    command = [sys.executable, "-m", "seq2seq.train", *options, f"hydra.run.dir={run}"]
    subprocess.run(command, check=True)
    made = {"figures": measure(run), "steps": steps, "machine": results.machine()}
    out.write_text(json.dumps(made, indent=1), encoding="utf-8")


def table(folder: Path, file: Path) -> None:
    """Write the result of the variants that were measured."""
    measured = {
        name: json.loads(path.read_text(encoding="utf-8"))
        for name in VARIANTS
        if (path := folder / f"{results.file_stem(name)}.json").exists()
    }
    first = next(iter(measured.values()))
    about = (
        f"Numbers as symbols or as text, `+recipe=en-de`, {first['steps']:,} steps each",
        "python -m benchmarks.number_handling FOLDER",
    )
    rows = [
        [name, *(round(figure, 1) for figure in each["figures"])] for name, each in measured.items()
    ]
    results.write_result(file, about, COLUMNS, rows, first["machine"])


def main() -> None:
    """Train and measure, or write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", default=list(VARIANTS), metavar="NAME")
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--table", type=Path)
    options = parser.parse_args()
    if options.table:
        table(options.folder, options.table)
        return
    options.folder.mkdir(parents=True, exist_ok=True)
    for name in options.names:
        train(options.folder, name, options.steps)


if __name__ == "__main__":
    main()
