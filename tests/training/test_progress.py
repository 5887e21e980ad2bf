import pytest

from seq2seq.config.ranges import parse_duration
from seq2seq.config.training import TrainingOptions
from seq2seq.errors import ConfigError
from seq2seq.training.progress import Progress
from seq2seq.training.stopping import FEW_STEPS, StoppingCriteria, short_budget_warning


@pytest.mark.parametrize(
    ("text", "value"), [("90s", 90.0), ("10m", 600.0), ("1.5h", 5400.0), ("0.5s", 0.5)]
)
def test_durations(text: str, value: float) -> None:
    assert parse_duration(text) == value


@pytest.mark.parametrize("text", ["10", "m", "0m", "-1s", "1d", "10 m", ""])
def test_an_invalid_duration_is_an_error(text: str) -> None:
    with pytest.raises(ConfigError, match="as in 10m"):
        parse_duration(text)


def test_training_without_an_end_is_refused() -> None:
    with pytest.raises(ConfigError, match="training has no end"):
        TrainingOptions(epochs=None)


def test_the_fraction_done_is_that_of_the_first_criterion() -> None:
    plan = StoppingCriteria(
        TrainingOptions(epochs=4, steps=100, budget="100s"), pairs=50, patience=3
    )
    at, within = Progress(step=10, reserve=20.0), Progress(step=10, epoch=1, pairs=25, reserve=20.0)

    assert plan.fraction_done(at, now=8.0) == pytest.approx(0.1)  # of 80 s and 100 steps
    assert plan.fraction_done(within, now=8.0) == pytest.approx(1.5 / 4)
    assert plan.fraction_done(at, now=60.0) == pytest.approx(60 / 80)
    assert plan.fraction_done(at, now=600.0) == 1.0


def test_validation_is_due_every_so_often_and_by_half_of_the_budget() -> None:
    plan = StoppingCriteria(TrainingOptions(budget="100s"), pairs=50, patience=3)

    assert plan.should_validate(Progress(step=40), 20, now=1.0)
    assert not plan.should_validate(Progress(step=41), 20, now=49.0)
    assert plan.should_validate(
        Progress(step=41), 20, now=50.0
    )  # what the end will cost is not known yet
    assert not plan.should_validate(Progress(step=41, scores=[1.0]), 20, now=50.0)
    assert not StoppingCriteria(TrainingOptions(), pairs=50, patience=3).should_validate(
        Progress(step=41), 20, now=1e6
    )


@pytest.mark.parametrize(
    ("progress", "now", "reason"),
    [
        (Progress(step=99), 79.0, None),
        (Progress(step=100), 0.0, "train.steps=100"),
        (Progress(epoch=4), 0.0, "train.epochs=4"),
        (Progress(), 79.0, None),
        (Progress(), 80.0, "train.budget=100s"),
        (Progress(scores=[3.0, 1.0, 2.0]), 0.0, None),
        (Progress(scores=[3.0, 1.0, 2.0, 3.0]), 0.0, "no better score in 3"),
    ],
)
def test_training_ends_for_a_reason(progress: Progress, now: float, reason: str | None) -> None:
    plan = StoppingCriteria(
        TrainingOptions(epochs=4, steps=100, budget="100s"), pairs=50, patience=3
    )
    progress.reserve = 20.0

    end = plan.stop_reason(progress, now)

    assert end is None if reason is None else reason in str(end)


def test_a_budget_that_ends_before_the_first_step_is_a_warning_with_a_sufficient_budget() -> None:
    used_up = "train.budget=10s is used up"

    # 100 s and a reserve of 30 s are more than two minutes.
    none = short_budget_warning(used_up, Progress(step=0, reserve=30.0), now=100.0)
    one = short_budget_warning(used_up, Progress(step=1), now=100.0)

    assert none is not None
    assert "before the first step" in none
    assert none.endswith("give more than train.budget=3m")
    assert one == "the budget had time for 1 step: give a larger train.budget"
    assert short_budget_warning(used_up, Progress(step=FEW_STEPS), now=100.0) is None
    assert short_budget_warning("train.steps=1 are done", Progress(step=1), now=100.0) is None
