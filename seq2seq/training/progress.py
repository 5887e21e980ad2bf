"""Progress of training, and its clock."""

import time
from dataclasses import dataclass, field


@dataclass
class Progress:
    """Counts of a run. With the weights and the optimizer's state they determine what follows."""

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
