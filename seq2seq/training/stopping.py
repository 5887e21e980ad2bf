"""Stopping criteria, and the fraction of the planned training that is done."""

from seq2seq.config.ranges import parse_duration
from seq2seq.config.training import TrainingOptions
from seq2seq.training.progress import Progress


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
        """Return the criterion that holds, or None if training goes on."""
        if self.options.steps and progress.step >= self.options.steps:
            return f"train.steps={self.options.steps} are done"
        if self.options.epochs and progress.epoch >= self.options.epochs:
            return f"train.epochs={self.options.epochs} are done"
        if self.budget and now + progress.reserve >= self.budget:
            return f"train.budget={self.options.budget} is used up"
        if progress.waited >= self.patience:
            return f"no better score in {self.patience} validations"
        return None
