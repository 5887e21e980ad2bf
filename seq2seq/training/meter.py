"""Mean loss and throughput since the last log line."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager

from seq2seq.errors import RunError
from seq2seq.hardware import peak_memory
from seq2seq.training.train_step import StepResult, perplexity


class Meter:
    """Mean loss and throughput since the last log line."""

    def __init__(self, now: float, share: float) -> None:
        self.began, self.share = now, share  # time and fraction done at the start
        self.restart()

    def restart(self) -> None:
        """Set the sums to zero."""
        self.parts: list[StepResult] = []
        self.tokens, self.since, self.shown = 0, time.monotonic(), time.monotonic()

    @contextmanager
    def excluded(self) -> Iterator[None]:
        """Within this block time is not counted: it is not spent on training."""
        began = time.monotonic()
        yield
        self.since += time.monotonic() - began

    def add(self, result: StepResult) -> None:
        """Add the result of one step, without waiting for the device."""
        self.parts.append(result)
        self.tokens += result.tokens

    def stale(self) -> bool:
        """Return whether the live line is at least a second old."""
        if time.monotonic() - self.shown < 1:
            return False
        self.shown = time.monotonic()
        return True

    def require_finite(self) -> None:
        """Raise RunError if a loss or gradient is NaN; the device is waited for."""
        if any(math.isnan(float(part.loss) + float(part.grad_norm)) for part in self.parts):
            raise RunError("the loss is NaN: a smaller optimizer.lr may help")

    def values(self, learning_rate: float) -> dict[str, float]:
        """Return the numbers of a log line; the device is waited for."""
        self.require_finite()
        exact = sum(float(part.exact) for part in self.parts)
        total = sum(float(part.loss) for part in self.parts)
        grad_norm = float(self.parts[-1].grad_norm)
        return {
            "loss": round(total / self.tokens, 4),
            "perplexity": round(perplexity(exact, self.tokens), 3),
            "gradient_norm": round(grad_norm, 4),
            "learning_rate": learning_rate,
            "tokens_per_second": round(self.tokens / (time.monotonic() - self.since), 1),
            "memory_mb": peak_memory(),
        }
