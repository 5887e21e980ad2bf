"""Meter of the training loss and throughput."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager

from seq2seq.errors import RunError
from seq2seq.hardware import peak_memory
from seq2seq.training.train_step import StepResult, label_perplexity


class Meter:
    """Mean loss and throughput since the last log line."""

    def __init__(self, now: float, fraction: float) -> None:
        """Start to measure.

        Args:
            now: seconds of training so far.
            fraction: the fraction of the planned training that is done, from 0 to 1.
        """
        self.start, self.start_fraction = now, fraction
        self.restart()

    def remaining(self, now: float, fraction: float) -> float:
        """Return the expected seconds to the end of training, from the speed since the start."""
        done = max(fraction - self.start_fraction, 1e-6)
        return (now - self.start) * (1 - fraction) / done

    def restart(self) -> None:
        """Set the sums to zero."""
        self.results: list[StepResult] = []
        self.tokens, self.since, self.displayed = 0, time.monotonic(), time.monotonic()

    @contextmanager
    def excluded(self) -> Iterator[None]:
        """Exclude the time of this block, which is not spent on training."""
        start = time.monotonic()
        yield
        self.since += time.monotonic() - start

    def add(self, result: StepResult) -> None:
        """Add the result of one step, without waiting for the device."""
        self.results.append(result)
        self.tokens += result.tokens

    def is_stale(self) -> bool:
        """Return whether the live line is at least a second old; if so, restart its age."""
        if time.monotonic() - self.displayed < 1:
            return False
        self.displayed = time.monotonic()
        return True

    def require_finite(self) -> None:
        """Check the losses and gradients; waits for the device.

        Raises:
            RunError: a loss or gradient is NaN.
        """
        if any(math.isnan(float(result.loss) + float(result.grad_norm)) for result in self.results):
            raise RunError("the loss is NaN: a smaller optimizer.lr may help")

    def values(self, learning_rate: float) -> dict[str, float]:
        """Return the values of a log line; waits for the device.

        Losses are means per token, in nats; the gradient norm is that of the last step. Peak
        memory is left out where the system does not report it.

        Raises:
            RunError: a loss or gradient is NaN.
        """
        self.require_finite()
        exact = sum(float(result.exact) for result in self.results)
        total = sum(float(result.loss) for result in self.results)
        grad_norm = float(self.results[-1].grad_norm)
        memory = peak_memory()
        return {
            "loss": round(total / self.tokens, 4),
            "perplexity": round(label_perplexity(exact, self.tokens), 3),
            "gradient_norm": round(grad_norm, 4),
            "learning_rate": learning_rate,
            "tokens_per_second": round(self.tokens / (time.monotonic() - self.since), 1),
            **({} if memory is None else {"memory_mb": memory}),
        }
