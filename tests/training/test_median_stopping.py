"""Runs of a sweep that are worse than most others end early."""

import json
from pathlib import Path

import pytest

from seq2seq.training.median_stopping import best_scores_of_others, hopeless_reason


def write_run(
    folder: Path, scores: list[float], has_ended: bool = True, name: str = "bleu"
) -> None:
    """Write the metrics of a run with validations at the steps 100, 200, and so on."""
    folder.mkdir()
    entries = [
        {"kind": "validation", "step": 100 * i, name: score} for i, score in enumerate(scores, 1)
    ]
    entries += [{"kind": "end", "step": 100 * len(scores)}] if has_ended else []
    text = "".join(json.dumps(entry) + "\n" for entry in entries)
    (folder / "metrics.jsonl").write_text(text, encoding="utf-8")


@pytest.fixture
def sweep(tmp_path: Path) -> Path:
    """A sweep with three finished runs, whose best scores at step 200 are 5, 8 and 20."""
    write_run(tmp_path / "0", [3, 5, 30])
    write_run(tmp_path / "1", [8, 2, 40])
    write_run(tmp_path / "2", [10, 20, 21])
    write_run(tmp_path / "me", [1, 1], has_ended=False)
    return tmp_path


def test_the_others_count_with_their_best_score_by_the_same_step(sweep: Path) -> None:
    assert sorted(best_scores_of_others(sweep / "me", 200)) == [5, 8, 20]


def test_a_run_below_the_median_ends_and_one_at_the_median_goes_on(sweep: Path) -> None:
    assert hopeless_reason(sweep / "me", 200, 7.9) == (
        "the best score, 7.9, is worse than the median of 3 other runs by this step, 8 "
        "(validation.median_stop)"
    )
    assert hopeless_reason(sweep / "me", 200, 8) is None


def test_runs_that_are_behind_do_not_count_and_fewer_than_three_have_no_median(
    sweep: Path,
) -> None:
    write_run(sweep / "behind", [99], has_ended=False)
    write_run(sweep / "short", [7])  # it has ended, early
    assert sorted(best_scores_of_others(sweep / "me", 200)) == [5, 7, 8, 20]

    for name in ("0", "short"):
        (sweep / name / "metrics.jsonl").unlink()
    assert hopeless_reason(sweep / "me", 200, 0) is None


def test_of_bits_the_smaller_are_better(tmp_path: Path) -> None:
    for i, bits in enumerate((2.0, 1.5, 1.8)):
        write_run(tmp_path / str(i), [bits], name="bits")
    assert hopeless_reason(tmp_path / "me", 100, -1.7) is None
    assert "1.9, is worse than the median of 3 other runs" in str(
        hopeless_reason(tmp_path / "me", 100, -1.9)
    )
