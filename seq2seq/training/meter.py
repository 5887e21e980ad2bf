"""Loss and throughput since the last line of the log."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager

from seq2seq.errors import RunError
from seq2seq.hardware import peak_memory
from seq2seq.training.train_step import StepResult, perplexity


class Meter:
    """Loss and speed since the last line."""

    def __init__(self, now: float, share: float) -> None:
        self.began, self.share = now, share  # the time, and how much of the plan was done then
        self.restart()

    def restart(self) -> None:
        """Begin anew."""
        self.parts: list[StepResult] = []
        self.tokens, self.since, self.shown = 0, time.monotonic(), time.monotonic()

    @contextmanager
    def excluded(self) -> Iterator[None]:
        """What is done within this block is not training, and its time does not count."""
        began = time.monotonic()
        yield
        self.since += time.monotonic() - began

    def add(self, learned: StepResult) -> None:
        """Take in one step, without waiting for the device."""
        self.parts.append(learned)
        self.tokens += learned.tokens

    def stale(self) -> bool:
        """Whether the live line is a second old."""
        if time.monotonic() - self.shown < 1:
            return False
        self.shown = time.monotonic()
        return True

    def require_finite(self) -> None:
        """Refuse to go on, or to save, with weights that are lost; the device is waited for."""
        if any(math.isnan(float(part.loss) + float(part.norm)) for part in self.parts):
            raise RunError("the loss is not a number any more; a smaller optimizer.lr may help")

    def values(self, learning_rate: float) -> dict[str, float]:
        """The figures of a line; here the device is waited for."""
        self.require_finite()
        exact = sum(float(part.exact) for part in self.parts)
        total = sum(float(part.loss) for part in self.parts)
        norm = float(self.parts[-1].norm)
        return {
            "loss": round(total / self.tokens, 4),
            "perplexity": round(perplexity(exact, self.tokens), 3),
            "gradient_norm": round(norm, 4),
            "learning_rate": learning_rate,
            "tokens_per_second": round(self.tokens / (time.monotonic() - self.since), 1),
            "memory_mb": peak_memory(),
        }
