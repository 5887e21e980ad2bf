"""Which language a line is in, beside py3langid: how many are right, and lines per second.

python benchmarks/language_id.py RUN [ROUNDS]

RUN is a run folder of the recipe language-id: the lines of its test.tsv, which it never saw, are
asked of both in turn, ROUNDS (3) times, loading apart. py3langid may answer with the run's
languages alone. The lines are of the kind that the run was trained on, while py3langid knows text
of many kinds: this tells which of the two to take for such lines, and for no others.
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
from benchmarks.side_by_side import Figures, show, turns, watched
from benchmarks.speed_translate import found
from seq2seq.text.lines import read_lines

OURS, THEIRS = "ours", "py3langid"
SAME = {"nb": "no"}  # what py3langid calls otherwise; it has no scripts and countries either
LONGEST = 600.0  # seconds
BOUNDS = (10, 20, 40, 80, 160)  # characters: lines are told apart by length
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
    """What py3langid calls the language of a label such as zh-Hans."""
    language = label.partition("-")[0]
    return SAME.get(language, language)


def ours(run: Path, work: Path) -> Figures:
    """Lines a second of this toolkit."""
    command = [sys.executable, "-m", "seq2seq.classify", f"run={run}", f"input={work / 'lines'}"]
    log = work / "ours.log"
    peak = watched([*command, f"output={work / OURS}"], LONGEST, log, {})
    return Figures(found(r"([\d,]+) lines/s", log), peak)


def theirs(codes: list[str], work: Path) -> Figures:
    """Lines a second of py3langid."""
    command = [str(toolkits.program(THEIRS, "python")), "-c", PEER]
    log = work / "theirs.log"
    peak = watched(
        [*command, str(work / "lines"), str(work / THEIRS), ",".join(codes)], LONGEST, log, {}
    )
    return Figures(found(r"lines/s: ([\d.]+)", log), peak)


def told(work: Path) -> Iterator[tuple[str, list[str]]]:
    """What each said of every line, as py3langid calls it."""
    for name in (OURS, THEIRS):
        yield name, [code(line.partition("\t")[0]) for line in read_lines(work / name)]


def groups(lines: list[Line]) -> Iterator[tuple[str, list[int]]]:
    """The places of all lines, and by language and by length."""
    yield "all", list(range(len(lines)))
    kept: dict[str, list[int]] = defaultdict(list)
    for place, line in enumerate(lines):
        kept[line.label].append(place)
    yield from sorted(kept.items())
    for low, high in zip((0, *BOUNDS), (*BOUNDS, sys.maxsize), strict=True):
        name = f"{low + 1} to {high} characters" if high in BOUNDS else f"over {low} characters"
        if places := [p for p, line in enumerate(lines) if low < len(line.text) <= high]:
            yield name, places


def shares(lines: list[Line], said: Mapping[str, list[str]]) -> dict[str, dict[str, float]]:
    """The share of each group of lines that each has right."""
    counted: dict[str, dict[str, float]] = {}
    for name, places in groups(lines):
        counted[name] = {"lines": len(places)}
        for who, codes in said.items():
            right = sum(codes[place] == code(lines[place].label) for place in places)
            counted[name][who] = right / len(places)
    return counted


def tell(counted: dict[str, dict[str, float]], lines: list[Line]) -> None:
    """Table, JSON and picture."""
    rows = [
        (name, f"{row['lines']:,.0f}", f"{row[OURS]:.2%}", f"{row[THEIRS]:.2%}")
        for name, row in counted.items()
    ]
    results.table(("", "lines", OURS, THEIRS), rows)
    curves: dict[str, list[Point]] = {OURS: [], THEIRS: []}
    for name, places in groups(lines):
        if name.endswith("characters"):
            length = sum(len(lines[place].text) for place in places) / len(places)
            for who, points in curves.items():
                points.append((length, counted[name][who]))
    picture = results.plot_lines({"share right": curves}, "characters of a line", (True, False))
    results.save("languages", {"right": counted}, picture)


def main(arguments: list[str]) -> None:
    """The command line."""
    if not arguments:
        sys.exit(__doc__)
    run, rounds = Path(arguments[0]), int(arguments[1]) if len(arguments) > 1 else 3
    labels = json.loads((run / "run.json").read_text(encoding="utf-8"))["labels"]
    lines = [Line(*line.split("\t")) for line in read_lines(run / "test.tsv")]
    work = toolkits.home() / "work"
    work.mkdir(parents=True, exist_ok=True)
    toolkits.write(work / "lines", (line.text for line in lines))
    codes = sorted({code(label) for label in labels})
    contestants: dict[str, Callable[[], Figures]] = {
        OURS: partial(ours, run, work),
        THEIRS: partial(theirs, codes, work),
    }
    show(turns(contestants, rounds), "lines/s", THEIRS, "languages_speed")
    tell(shares(lines, dict(told(work))), lines)


if __name__ == "__main__":
    main(sys.argv[1:])
