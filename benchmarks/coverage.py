"""The coverage penalty of beam search: BLEU, repetition and length on a run's test text.

python -m benchmarks.coverage RUN [--betas 0 0.1 0.2 0.4] [--out FILE]

"Repeat themselves" is the row of `benchmarks.hard_lines`, of lines of 12 words or more; "before"
is without the second try of what repeats itself.
"""

import argparse
from pathlib import Path

from benchmarks import results
from benchmarks.hard_variants import Text, repetition

BEAM, ALPHA = 5, 1.0
COLUMNS = [
    "`search.coverage_penalty`", "BLEU", "chrF2", "length / reference",
    "repeat themselves, %", "before, %",
]  # fmt: skip


def measure(run: Path, beta: float) -> list[float]:
    """Return a row of the table."""
    import seq2seq
    from seq2seq.evaluation.metrics import score_hypotheses
    from seq2seq.run_folder import RunFolder
    from seq2seq.search.beam import Beam

    folder = RunFolder(run)
    facts, test = folder.read_facts(), folder.read_test()
    sources, references = [pair.source for pair in test], [pair.target for pair in test]
    language = str(facts["target"])
    search = Beam(BEAM, ALPHA, 1, beta)
    shares, scores, ratio = [], [], 0.0
    for retry in (True, False):
        handling = seq2seq.LineHandling(retry_repetition=retry)
        translate = seq2seq.load(run, search=search, lines=handling).translate
        plain = translate(sources)
        text = Text(sources, references, plain, str(facts["source"]), language, translate)
        shares += [row.value for row in repetition(text)]
        if retry:
            both = score_hypotheses(plain, references, language, ("bleu", "chrf"))
            scores = [round(score.value, 1) for score in both]
            ratio = sum(map(len, plain)) / sum(map(len, references))
    return [beta, *scores, round(ratio, 3), *(round(share, 1) for share in shares)]


def main() -> None:
    """Print the table, and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--betas", type=float, nargs="+", default=[0.0, 0.1, 0.2, 0.4])
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    rows = [measure(options.run, beta) for beta in options.betas]
    results.table(COLUMNS, [[str(cell) for cell in row] for row in rows])
    if options.out:
        about = (
            f"The coverage penalty of a beam of {BEAM}, `+recipe=en-de`",
            "python -m benchmarks.coverage RUN",
        )
        results.write_result(options.out, about, COLUMNS, rows)


if __name__ == "__main__":
    main()
