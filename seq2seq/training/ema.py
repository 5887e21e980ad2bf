"""Exponential moving average (EMA) of the weights."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class WeightEMA:
    """Moving average of the weights: average <- decay * average + (1 - decay) * weights.

    At the n-th update the decay is at most (1 + n) / (10 + n), so that the first weights are soon
    forgotten, as with `num_updates` of TensorFlow's ExponentialMovingAverage. Polyak and Juditsky
    (1992) justify averaging. With a decay of 0 there is no average.
    """

    def __init__(self, model: nn.Module, decay: float, interval: int) -> None:
        """Average the trained weights of `model`, updated every `interval` training steps."""
        self.decay, self.interval = decay, interval
        self.weights = {n: p for n, p in model.named_parameters() if p.requires_grad}
        self.values = {n: p.detach().clone() for n, p in self.weights.items()} if decay else {}

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Update the average with the weights after `step`, if it is a multiple of the interval."""
        if not self.decay or step % self.interval:
            return
        n = step // self.interval
        decay = min(self.decay, (1 + n) / (10 + n))
        torch._foreach_lerp_(
            list(self.values.values()), [p.data for p in self.weights.values()], 1 - decay
        )

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Swap the averaged weights into the model within this block."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    @torch.no_grad()
    def _swap(self) -> None:
        # By value: kernels need the weights of a layer contiguous and at the same address.
        for name, value in self.values.items():
            weights = self.weights[name]
            trained = weights.clone()
            weights.copy_(value)
            value.copy_(trained)

    def state(self) -> dict[str, Tensor]:
        """Return the averaged weights by name; empty without averaging."""
        return dict(self.values)

    def load(self, state: dict[str, Tensor]) -> None:
        """Restore what `state` returned."""
        for name, value in self.values.items():
            value.copy_(state[name])
