"""Stopping criteria, and the fraction of the planned training that is done."""

import math

from seq2seq.config.ranges import parse_duration
from seq2seq.config.training import TrainingOptions
from seq2seq.training.progress import Progress

FEW_STEPS = 100  # a run that ends before this step for want of time has hardly learned anything


class StoppingCriteria:
    """Stopping criteria of a run: epochs, steps, wall-clock budget and early stopping."""

    def __init__(self, options: TrainingOptions, pairs: int, patience: int) -> None:
        """Combine the criteria of `options` with early stopping.

        Args:
            options: the options `epochs`, `steps` and `budget`.
            pairs: number of examples in one epoch.
            patience: number of validations without a better score after which training stops.
        """
        self.options, self.pairs, self.patience = options, pairs, patience
        self.budget = parse_duration(options.budget) if options.budget else None
        self.hopeless: str | None = None  # why training should end although no criterion holds

    def describe(self) -> str:
        """Return the training data and the criteria in one line."""
        options = self.options
        criteria = [
            f"{value} {name}"
            for name, value in (("epochs", options.epochs), ("steps", options.steps))
            if value
        ]
        criteria += [f"a budget of {options.budget}"] if self.budget else []
        criteria.append(f"{self.patience} validations without a better score")
        return f"{self.pairs:,} examples an epoch; it ends after " + " or ".join(criteria)

    def fraction_done(self, progress: Progress, now: float) -> float:
        """Return the fraction of the planned training that is done after `now` seconds, 0 to 1."""
        fractions = [0.0]
        if self.options.epochs:
            epochs = progress.epoch + progress.pairs / max(1, self.pairs)
            fractions.append(epochs / self.options.epochs)
        if self.options.steps:
            fractions.append(progress.step / self.options.steps)
        if self.budget:
            fractions.append(now / max(1.0, self.budget - progress.reserve))
        return min(1.0, max(fractions))

    def should_validate(self, progress: Progress, interval: int, now: float) -> bool:
        """Return whether to validate now: every `interval` steps, and once at half of the budget.

        The time to reserve at the end of the budget is only known after the first validation.
        """
        is_early = self.budget and not progress.scores and now >= self.budget / 2
        return progress.step % interval == 0 or bool(is_early)

    def stop_reason(self, progress: Progress, now: float) -> str | None:
        """Return the criterion that holds, or None if training continues."""
        if self.options.steps and progress.step >= self.options.steps:
            return f"train.steps={self.options.steps} are done"
        if self.options.epochs and progress.epoch >= self.options.epochs:
            return f"train.epochs={self.options.epochs} are done"
        if self.budget and now + progress.reserve >= self.budget:
            return f"train.budget={self.options.budget} is used up"
        if progress.waited >= self.patience:
            return f"no better score in {self.patience} validations"
        return self.hopeless


def short_budget_warning(reason: str, progress: Progress, now: float) -> str | None:
    """Return a warning if the budget ended training almost before it began, else None.

    Args:
        reason: the criterion that ended training, as `StoppingCriteria.stop_reason` returns it.
        progress: counts at the end.
        now: seconds of the run, the last validation included.
    """
    if not reason.startswith("train.budget=") or progress.step >= FEW_STEPS:
        return None
    if progress.step:
        steps = "1 step" if progress.step == 1 else f"{progress.step} steps"
        return f"the budget had time for {steps}: give a larger train.budget"
    minutes = math.ceil((now + progress.reserve) / 60)
    return (
        "nothing is learned: the budget was used up before the first step; data, validation and "
        f"the final report take about {minutes} min, so give more than train.budget={minutes}m"
    )
