"""Accuracy and speed of language identification, beside py3langid.

python benchmarks/language_id.py RUN [ROUNDS]

RUN is a run folder of the recipe language-id. Both classify the held-out lines of its test.tsv in
turn, ROUNDS (3) times; loading is not timed. py3langid is restricted to the languages of the run.
The lines are of the corpus that the run was trained on, and py3langid was trained on text of many
kinds: the comparison is valid for such lines alone.
"""

import json
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

from benchmarks import results, toolkits
from benchmarks.results import Point
from benchmarks.side_by_side import Figures, run_measured, show, take_turns
from benchmarks.speed_translate import last_number
from seq2seq.text.lines import read_lines

OURS, THEIRS = "ours", "py3langid"
SAME = {"nb": "no"}  # py3langid's name of a language; it has neither scripts nor countries
TIMEOUT = 600.0  # seconds
BOUNDS = (10, 20, 40, 80, 160)  # characters: groups of lines by length
PEER = """
import sys, time
from py3langid import langid
source, out, codes = sys.argv[1:]
langid.set_languages(codes.split(","))
with open(source, encoding="utf-8", newline="\\n") as file:
    lines = file.read().split("\\n")[:-1]
langid.classify(lines[0])
began = time.perf_counter()
found = [langid.classify(line)[0] for line in lines]
print("lines/s:", len(lines) / (time.perf_counter() - began))
with open(out, "w", encoding="utf-8") as file:
    file.writelines(code + "\\n" for code in found)
"""


class Line(NamedTuple):
    """A line of the test text."""

    text: str
    label: str


def code(label: str) -> str:
    """Return py3langid's code for the language of a label such as zh-Hans."""
    language = label.partition("-")[0]
    return SAME.get(language, language)


def ours(run: Path, work: Path) -> Figures:
    """Measure lines per second of this toolkit."""
    command = [sys.executable, "-m", "seq2seq.classify", f"run={run}", f"input={work / 'lines'}"]
    log = work / "ours.log"
    peak = run_measured([*command, f"output={work / OURS}"], TIMEOUT, log, {})
    return Figures(last_number(r"([\d,]+) lines/s", log), peak)


def theirs(codes: list[str], work: Path) -> Figures:
    """Measure lines per second of py3langid."""
    command = [str(toolkits.program(THEIRS, "python")), "-c", PEER]
    log = work / "theirs.log"
    peak = run_measured(
        [*command, str(work / "lines"), str(work / THEIRS), ",".join(codes)], TIMEOUT, log, {}
    )
    return Figures(last_number(r"lines/s: ([\d.]+)", log), peak)


def predictions(work: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield the predictions of each system for all lines, as codes of py3langid."""
    for name in (OURS, THEIRS):
        yield name, [code(line.partition("\t")[0]) for line in read_lines(work / name)]


def groups(lines: list[Line]) -> Iterator[tuple[str, list[int]]]:
    """Yield groups of lines as indices: all, by language, and by length."""
    yield "all", list(range(len(lines)))
    by_label: dict[str, list[int]] = defaultdict(list)
    for index, line in enumerate(lines):
        by_label[line.label].append(index)
    yield from sorted(by_label.items())
    for low, high in zip((0, *BOUNDS), (*BOUNDS, sys.maxsize), strict=True):
        name = f"{low + 1} to {high} characters" if high in BOUNDS else f"over {low} characters"
        if indices := [i for i, line in enumerate(lines) if low < len(line.text) <= high]:
            yield name, indices


def accuracies(
    lines: list[Line], predicted: Mapping[str, list[str]]
) -> dict[str, dict[str, float]]:
    """Compute the accuracy of each system on each group of lines."""
    by_group: dict[str, dict[str, float]] = {}
    for name, indices in groups(lines):
        by_group[name] = {"lines": len(indices)}
        for system, codes in predicted.items():
            correct = sum(codes[i] == code(lines[i].label) for i in indices)
            by_group[name][system] = correct / len(indices)
    return by_group


def show_accuracies(by_group: dict[str, dict[str, float]], lines: list[Line]) -> None:
    """Print a table, and save JSON and a plot."""
    rows = [
        (name, f"{row['lines']:,.0f}", f"{row[OURS]:.2%}", f"{row[THEIRS]:.2%}")
        for name, row in by_group.items()
    ]
    results.table(("", "lines", OURS, THEIRS), rows)
    curves: dict[str, list[Point]] = {OURS: [], THEIRS: []}
    for name, indices in groups(lines):
        if name.endswith("characters"):
            length = sum(len(lines[i].text) for i in indices) / len(indices)
            for system, points in curves.items():
                points.append((length, by_group[name][system]))
    figure = results.plot_lines({"accuracy": curves}, "characters of a line", (True, False))
    results.save("languages", {"accuracy": by_group}, figure)


def main(arguments: list[str]) -> None:
    """Run the command line."""
    results.show_help(arguments, __doc__)
    if not arguments:
        sys.exit(__doc__)
    run, rounds = Path(arguments[0]), int(arguments[1]) if len(arguments) > 1 else 3
    labels = json.loads((run / "run.json").read_text(encoding="utf-8"))["labels"]
    lines = [Line(*line.split("\t")) for line in read_lines(run / "test.tsv")]
    work = toolkits.home() / "work"
    work.mkdir(parents=True, exist_ok=True)
    toolkits.write(work / "lines", (line.text for line in lines))
    codes = sorted({code(label) for label in labels})
    systems: dict[str, Callable[[], Figures]] = {
        OURS: partial(ours, run, work),
        THEIRS: partial(theirs, codes, work),
    }
    show(take_turns(systems, rounds), "lines/s", THEIRS, "languages_speed")
    show_accuracies(accuracies(lines, dict(predictions(work))), lines)


if __name__ == "__main__":
    main(sys.argv[1:])
