"""The table of a comparison of runs, and their learning curves in one picture."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from seq2seq.analysis.compared_runs import (
    ComparedRun,
    differing_options,
    test_scores,
)
from seq2seq.evaluation.comparison import compare_systems
from seq2seq.plots.curves import SCORE_LABELS
from seq2seq.plots.lines import plot_lines
from seq2seq.plots.save import save_figure
from seq2seq.training.metric_logger import (
    best_score,
    format_duration,
    score_name,
    validation_points,
)

NOTHING = "-"  # in a cell that a run has no value for
LONGEST_CELL = 40  # characters of an option's value, at most
METRIC = "bleu"  # of which significance is tested


def run_table(
    runs: Sequence[ComparedRun], against: str | None, resamples: int
) -> tuple[list[list[str]], list[str]]:
    """Return the rows of a table, the first with the titles, and notes about it.

    A row has the folder, the options that differ, the best validation score and its step, the
    scores of the test text with their intervals, the probability that its BLEU differs by chance
    from that of the compared run, and the cost: steps, seconds, parameters.

    Args:
        runs: two or more of one task.
        against: folder of the run that the others are compared with; None: the best.
        resamples: of the paired bootstrap; 0: differences are not tested.
    """
    ranked = sorted(runs, key=_rank)
    baseline = next((run for run in runs if run.folder == against), ranked[0])
    options = differing_options(runs)
    tests = list(dict.fromkeys(name for run in runs for name in test_scores(run)))
    chances, notes = significance(ranked, baseline, resamples)
    label = SCORE_LABELS.get(score_name(ranked[0].metrics), score_name(ranked[0].metrics))
    titles = ["run", *options, f"validation {label}", "at step", *tests]
    titles += [*(["p"] if chances else []), "steps", "time", "parameters"]
    rows = [
        [
            run.folder,
            *(cell(run.options.get(name, NOTHING)) for name in options),
            *_validation_cells(run),
            *(test_scores(run).get(name, NOTHING) for name in tests),
            *([chances.get(run.folder, NOTHING)] if chances else []),
            *_cost_cells(run),
        ]
        for run in ranked
    ]
    return [titles, *rows], notes


def significance(
    runs: Sequence[ComparedRun], baseline: ComparedRun, resamples: int
) -> tuple[dict[str, str], list[str]]:
    """Return p of the difference in BLEU to `baseline` by folder, and why some have none.

    Koehn (2004), https://aclanthology.org/W04-3250.
    """
    others = [run for run in runs if run is not baseline]
    if not resamples or not any(run.test for run in runs):
        return {}, []
    chances, notes = {}, []
    for run in others:
        without = next((each for each in (baseline, run) if each.translations is None), None)
        if run.test != baseline.test:
            notes.append(
                f"{run.folder} and {baseline.folder} have different test texts: "
                "their scores cannot be compared"
            )
        elif without is not None:
            notes.append(_no_translations(without))
        else:
            assert run.translations is not None
            assert baseline.translations is not None
            references = [pair.target for pair in run.test]
            language = str(run.facts.get("target", ""))
            texts = baseline.translations, run.translations
            [tested] = compare_systems(*texts, references, language, [METRIC], resamples)
            chances[run.folder] = f"{tested.p:.3f}"
    return chances, list(dict.fromkeys(notes))


def draw_curves(runs: Sequence[ComparedRun], path: Path) -> None:
    """Draw the validation scores and the training losses of `runs` over each other.

    Raises:
        TextError: the file cannot be written.
    """
    name = score_name(runs[0].metrics)
    score = f"validation {SCORE_LABELS.get(name, name)}"
    panels = {
        score: {run.folder: validation_points(run.metrics) for run in runs},
        "training loss, nats per token": {run.folder: _losses(run.metrics) for run in runs},
    }
    drawn = {
        label: {run: points for run, points in curves.items() if points}
        for label, curves in panels.items()
    }
    drawn = {label: curves for label, curves in drawn.items() if curves} or drawn
    save_figure(plot_lines(drawn, "step", (False, False), "Learning curves"), path)


def cell(value: Any) -> str:
    """Return the value of an option as it is typed, on one line and not too long."""
    if isinstance(value, bool) or value is None:
        text = {True: "true", False: "false", None: "null"}[value]
    else:
        text = f"{value:g}" if isinstance(value, float) else str(value)
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_CELL else f"{text[: LONGEST_CELL - 1]}…"


def _rank(run: ComparedRun) -> float:
    """Return a number that is the smaller, the better the run is."""
    best = best_score(run.metrics)
    return math.inf if best is None else -best


def _validation_cells(run: ComparedRun) -> list[str]:
    if run.best is None:
        return [NOTHING, NOTHING]
    _, step, value = run.best
    return [f"{value:.4g}", f"{step:,}"]


def _cost_cells(run: ComparedRun) -> list[str]:
    parameters = run.facts.get("parameters")
    seconds = max((entry.get("seconds", 0) for entry in run.metrics), default=0)
    count = f"{parameters:,}" if isinstance(parameters, int) else NOTHING
    return [f"{run.steps:,}", format_duration(seconds), count]


def _losses(metrics: Sequence[Mapping[str, Any]]) -> list[tuple[int, float]]:
    return [(e["step"], e["loss"]) for e in metrics if e["kind"] == "train" and "loss" in e]


def _no_translations(run: ComparedRun) -> str:
    return (
        f"{run.folder} has no translations.txt, since it has not ended or is of an earlier "
        "version: python -m seq2seq.evaluate run=RUN against=RUN tests it"
    )
