"""How sure translations are: calibration errors, and correlations with sentence chrF.

python -m benchmarks.confidence RUN [--validation SOURCE REFERENCE]

The run's test text is translated by greedy search, in int8 and by beam search, and rated by the fit
in the run folder. With --validation that is fitted first, as at the end of training.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seq2seq.errors import UserError
from seq2seq.text.lines import read_lines

if TYPE_CHECKING:
    from seq2seq.inference.confidence_report import ConfidenceReport

COLUMNS = (
    "decoding", "error of words", "error of lines", "confidence and chrF",
    "log-probability and chrF", "confidence and right words", "log-probability and right words",
)  # fmt: skip


def row(name: str, report: "ConfidenceReport") -> list[Any]:
    """Return a row: calibration errors, and correlations, Pearson's and Spearman's."""
    pairs = [f"{each.pearson:.3f} / {each.spearman:.3f}" for each in report.correlations]
    return [name, f"{report.word_error:.3f}", f"{report.line_error:.3f}", *pairs]


def fit_run(run: Path, source: Path, reference: Path) -> None:
    """Fit the confidence of a run on a held-out text, and store it in the run folder."""
    from seq2seq.inference.confidence_report import fit_confidence
    from seq2seq.inference.loading import load_translator
    from seq2seq.run_folder import RunFolder

    best = load_translator(run).best(list(read_lines(source)))
    fit_confidence(best, list(read_lines(reference))).save(RunFolder(run).confidence)


def measure(run: Path) -> "dict[str, ConfidenceReport]":
    """Return how well the test text of a run is rated, by decoding.

    Raises:
        UserError: there is no such run, or it has no fit.
    """
    from seq2seq.errors import RunError
    from seq2seq.inference.confidence_report import measure_confidence
    from seq2seq.inference.loading import load_translator
    from seq2seq.run_folder import RunFolder
    from seq2seq.search.beam import Beam

    beam = Beam(beam_size=5, length_penalty=1.0, n_best=1)
    decodings: Mapping[str, dict[str, Any]] = {
        "greedy": {},
        "greedy, int8": {"precision": "int8"},
        "beam 5": {"search": beam},
    }
    test = RunFolder(run).read_test()
    reports = {}
    for name, options in decodings.items():
        translator = load_translator(run, **options)
        if translator.fit is None:
            raise RunError(f"{run} has no fit of confidence: give --validation SOURCE REFERENCE")
        best = translator.best([pair.source for pair in test], [pair.document for pair in test])
        reports[name] = measure_confidence(best, [pair.target for pair in test])
    return reports


def main() -> None:
    """Print the table, and save it with its plot."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--validation", type=Path, nargs=2, metavar=("SOURCE", "REFERENCE"))
    options = parser.parse_args()

    from benchmarks import results
    from seq2seq.plots.reliability import reliability_figure

    try:
        if options.validation:
            fit_run(options.run, *options.validation)
        reports = measure(options.run)
    except UserError as error:
        raise SystemExit(str(error)) from None
    rows = [row(name, report) for name, report in reports.items()]
    results.table(COLUMNS, rows)
    panels = {
        f"{unit}, {name}": getattr(report, unit)
        for name, report in reports.items()
        for unit in ("words", "lines")
        if name == "greedy"
    }
    results.save("confidence", {"columns": COLUMNS, "rows": rows}, reliability_figure(panels))


if __name__ == "__main__":
    main()
