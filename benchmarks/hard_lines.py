"""Hard lines: how a run translates markup, emoji, capitals, and several sentences on one line.

python -m benchmarks.hard_lines RUN [--lines N] [--out FILE]

The lines are made from the test text of RUN, the first N of it (1,000), by rules without chance.
Each row of the table has a condition; the last column says whether RUN meets it. FILE gets the rows
as JSON, each with translations that failed. `benchmarks.line_checks` judges what counts as kept.
"""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.hard_variants import (
    Row,
    Text,
    Translate,
    blank_rows,
    case_rows,
    emoji_rows,
    four_sentences,
    icu_rows,
    markup_rows,
    own_spans,
    repetition,
)
from benchmarks.noise_variants import full_stop_rows, typing_rows

ROWS = (
    own_spans, markup_rows, emoji_rows, case_rows, typing_rows, full_stop_rows, four_sentences,
    repetition, icu_rows, blank_rows,
)  # fmt: skip


def hard_lines(
    pairs: Sequence[tuple[str, str]],
    languages: tuple[str, str],
    translate: Translate,
    makers: Sequence[Callable[[Text], list[Row]]] = ROWS,
) -> list[Row]:
    """Return the rows of `makers`, all if left out, after those of the lines as they are.

    Args:
        pairs: sources and references, raw.
        languages: of sources and references, codes.
        translate: returns a translation for each line.
        makers: each makes some rows.
    """
    sources, references = [source for source, _ in pairs], [reference for _, reference in pairs]
    start = time.perf_counter()
    plain = translate(sources)
    speed = len(sources) / max(time.perf_counter() - start, 1e-9)
    text = Text(sources, references, plain, *languages, translate)
    rows = [
        Row("as they are", "BLEU", text.bleu(plain, references), None, len(sources)),
        Row("as they are", "lines per second", speed, None, len(sources)),
    ]
    return [*rows, *(row for make in makers for row in make(text))]


def cells(row: Row) -> list[str]:
    """Return a row as the table shows it."""
    plain = "" if row.plain is None else f"{row.plain:.1f}"
    met = {None: "", True: "yes", False: "**no**"}[row.met]
    return [row.lines, row.metric, f"{row.value:.1f}", plain, f"{row.number:,}", row.condition, met]


def main() -> None:
    """Print the table of a run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--lines", type=int, default=1000)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()

    import seq2seq
    from benchmarks import results
    from seq2seq.run_folder import RunFolder
    from seq2seq.storage.files import atomic_write

    folder = RunFolder(options.run)
    facts = folder.read_facts()
    pairs = [(pair.source, pair.target) for pair in folder.read_test()[: options.lines]]
    translator, machine = seq2seq.load(options.run), results.machine()
    start = time.perf_counter()
    languages = str(facts["source"]), str(facts["target"])
    rows = hard_lines(pairs, languages, lambda lines: translator.translate(lines))
    seconds = time.perf_counter() - start
    columns = ("lines", "metric", "value", "plain", "number", "condition", "met")
    results.table(columns, [cells(row) for row in rows])
    judged = [row.met for row in rows if row.met is not None]
    print(f"{sum(judged)} of {len(judged)} conditions are met; {seconds:.0f} s")
    if options.out:
        figures = {"machine": machine, "run": str(options.run), "seconds": round(seconds, 1)}
        with atomic_write(options.out) as file:
            figures = {**figures, "rows": [row._asdict() for row in rows]}
            file.write(json.dumps(figures, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    main()
