"""When training ends, and how much of it is done."""

from seq2seq.config.ranges import parse_duration
from seq2seq.config.training import TrainingOptions
from seq2seq.training.progress import Progress


class StoppingCriteria:
    """When training ends, and how much of it is done."""

    def __init__(self, options: TrainingOptions, pairs: int, patience: int) -> None:
        """`pairs`: of one epoch, for the share of it that is done; `patience`: validations."""
        self.options, self.pairs, self.patience = options, pairs, patience
        self.budget = parse_duration(options.budget) if options.budget else None

    def fraction_done(self, progress: Progress, now: float) -> float:
        """How much of the planned training is done, from 0 to 1, after `now` seconds."""
        shares = [0.0]
        if self.options.epochs:
            epochs = progress.epoch + progress.pairs / max(1, self.pairs)
            shares.append(epochs / self.options.epochs)
        if self.options.steps:
            shares.append(progress.step / self.options.steps)
        if self.budget:
            shares.append(now / max(1.0, self.budget - progress.reserve))
        return min(1.0, max(shares))

    def should_validate(self, progress: Progress, every: int, now: float) -> bool:
        """Whether it is time to validate: `every` so many steps, and by half of the budget.

        What has to be kept of the budget for the end is known after the first validation only.
        """
        early = self.budget and not progress.scores and now >= self.budget / 2
        return progress.step % every == 0 or bool(early)

    def stop_reason(self, progress: Progress, now: float) -> str | None:
        """Why training is over, or None if it is not."""
        if self.options.steps and progress.step >= self.options.steps:
            return f"train.steps={self.options.steps} are done"
        if self.options.epochs and progress.epoch >= self.options.epochs:
            return f"train.epochs={self.options.epochs} are done"
        if self.budget and now + progress.reserve >= self.budget:
            return f"train.budget={self.options.budget} is used up"
        if progress.waited >= self.patience:
            return f"no better score in {self.patience} validations"
        return None
