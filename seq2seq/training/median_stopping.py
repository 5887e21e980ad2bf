"""The median stopping rule: runs of a sweep that are worse than most others end early.

Golovin et al. (2017), section 3.2.1, https://doi.org/10.1145/3097983.3098043, with the best score
so far in place of the running average: scores of training rise until they do not.
"""

from pathlib import Path
from statistics import median

from seq2seq.storage import run_files
from seq2seq.training.metric_logger import best_score, read_metrics, validation_points

FEWEST_RUNS = 3  # others that a median is taken of, at least


def best_scores_of_others(folder: Path, step: int) -> list[float]:
    """Return the best score that each other run beside `folder` had reached by `step`.

    The larger a score is, the better. Runs that have neither come so far nor ended do not count.

    Args:
        folder: the run folder; the others are in the same folder.
        step: the training step.
    """
    scores = []
    for file in sorted(folder.parent.glob(f"*/{run_files.METRICS}")):
        if file.parent.resolve() == folder.resolve() or not file.is_file():
            continue
        metrics = read_metrics(file)
        points = validation_points(metrics)
        is_finished = any(entry["kind"] == "end" for entry in metrics)
        if points and (is_finished or points[-1][0] >= step):
            scores.append(best_score([entry for entry in metrics if entry["step"] <= step]))
    return [score for score in scores if score is not None]


def hopeless_reason(folder: Path, step: int, best: float) -> str | None:
    """Return why a run should end, or None if its best score so far is not below the median."""
    others = best_scores_of_others(folder, step)
    if len(others) < FEWEST_RUNS or best >= (middle := median(others)):
        return None
    return (
        f"the best score, {abs(best):.4g}, is worse than the median of {len(others)} other runs "
        f"by this step, {abs(middle):.4g} (validation.median_stop)"
    )
