"""Progress of training, and the clock of its budget."""

import time
from dataclasses import dataclass, field

from seq2seq.training.processes import Processes


@dataclass
class Progress:
    """Counts of a run; with weights and optimizer state, they determine its continuation."""

    step: int = 0  # training steps taken
    epoch: int = 0  # completed epochs
    batches: int = 0  # completed batches of the current epoch
    pairs: int = 0  # completed pairs of the current epoch
    tokens: int = 0  # labels in all batches so far
    seconds: float = 0.0  # wall-clock time, with the earlier parts of an interrupted run
    scores: list[float] = field(default_factory=list)  # one score for each validation
    validated: int = 0  # step of the last validation
    best_step: int = 0  # step of the best validation, whose weights are saved
    reserve: float = 0.0  # seconds of the budget reserved for the last validation and report

    # Whether each micro-batch of a step has a seed; those of earlier versions share one.
    seeds_micro_batches: bool = False

    @property
    def best(self) -> float | None:
        """Return the best score so far; None before the first validation."""
        return max(self.scores, default=None)

    @property
    def waited(self) -> int:
        """Return the number of validations since the best one."""
        return len(self.scores) - 1 - self.scores.index(max(self.scores)) if self.scores else 0


class Clock:
    """Wall-clock time of training, over all parts of an interrupted run."""

    def __init__(self, start: float, previous: float) -> None:
        """Start the clock.

        Args:
            start: start of this part, by `time.monotonic`; downloads move it forward.
            previous: seconds of earlier parts.
        """
        self.start, self.previous = start, previous
        self.agreed: float | None = None  # seconds that all processes have agreed on

    def now(self) -> float:
        """Return the seconds of all parts."""
        if self.agreed is not None:
            return self.agreed
        return self.previous + time.monotonic() - self.start

    def agree(self, processes: Processes) -> None:
        """Stand at the time of the first of several processes, so that all decide alike."""
        if processes.count > 1:
            self.agreed = None
            self.agreed = processes.of_first(self.now())
