"""Where training stands, and how far it is meant to go."""

import time
from dataclasses import dataclass, field

from seq2seq.config.ranges import parse_duration
from seq2seq.config.training import TrainingOptions


@dataclass
class Progress:
    """What has been done. With the weights and the optimiser's state it determines what follows."""

    step: int = 0  # updates of the weights
    epoch: int = 0  # passes that are complete
    batches: int = 0  # of this pass, behind us
    pairs: int = 0  # of this pass, behind us
    tokens: int = 0  # target tokens learned from, in all
    seconds: float = 0.0  # of wall-clock time, earlier parts of an interrupted run included
    scores: list[float] = field(default_factory=list)  # of each validation
    validated: int = 0  # the step of the last one
    best_step: int = 0  # the step whose weights are kept
    reserve: float = 0.0  # seconds of the budget that are needed after the last step

    @property
    def best(self) -> float | None:
        """The best score so far; None before the first validation."""
        return max(self.scores, default=None)

    @property
    def waited(self) -> int:
        """Validations since the best one."""
        return len(self.scores) - 1 - self.scores.index(max(self.scores)) if self.scores else 0


class Clock:
    """Wall-clock time of a command without its downloads, and of what went before it stopped."""

    def __init__(self, started: float, before: float) -> None:
        """`started`: of this command, by `time.monotonic`; `before`: seconds of earlier parts."""
        self.started, self.before = started, before

    def now(self) -> float:
        """Seconds in all."""
        return self.before + time.monotonic() - self.started


class Plan:
    """When training ends, and how much of it is done."""

    def __init__(self, options: TrainingOptions, pairs: int, patience: int) -> None:
        """`pairs`: of one epoch, for the share of it that is done; `patience`: validations."""
        self.options, self.pairs, self.patience = options, pairs, patience
        self.budget = parse_duration(options.budget) if options.budget else None

    def share(self, progress: Progress, now: float) -> float:
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

    def due(self, progress: Progress, every: int, now: float) -> bool:
        """Whether it is time to validate: `every` so many steps, and by half of the budget.

        What has to be kept of the budget for the end is known after the first validation only.
        """
        early = self.budget and not progress.scores and now >= self.budget / 2
        return progress.step % every == 0 or bool(early)

    def end(self, progress: Progress, now: float) -> str | None:
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
