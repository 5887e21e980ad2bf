"""One step of learning: batches in, changed weights out."""

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from accelerate import Accelerator

from seq2seq.data.batches import Batch
from seq2seq.training.loss import cross_entropy
from seq2seq.training.task import CarriedStates, SegmentFunction


class StepResult(NamedTuple):
    """What one step gave. The tensors stay on the device until somebody reads them."""

    loss: torch.Tensor  # in nats, of all tokens together, smoothed
    exact: torch.Tensor  # in nats, of all tokens together, not smoothed
    norm: torch.Tensor  # of the gradient, before clipping
    tokens: int  # that were learned from


class TrainStep:
    """A network, its optimiser, and how a step is made of them."""

    def __init__(
        self,
        model: Any,
        segments: SegmentFunction,
        optimizer: torch.optim.Optimizer,
        accelerator: Accelerator,
        clip: float,
        smoothing: float,
        seed: int,
        consistency: float = 0.0,
    ) -> None:
        """Learn what `segments` makes of batches, with `model`, a module with an output layer."""
        self.accelerator, self.segments = accelerator, segments
        self.model, self.optimizer = model, optimizer
        self.forward, self.stepper = accelerator.prepare(model, optimizer)
        self.rates = [float(group["lr"]) for group in optimizer.param_groups]
        self.clip, self.seed = clip, seed
        self.smoothing, self.consistency = smoothing, consistency
        # What the next batch begins with, where a task hands states on.
        self.carried: CarriedStates = None

    def step(self, batches: Sequence[Batch], number: int, factor: float) -> StepResult:
        """Learn from `batches` together, as if they were one.

        The gradient is that of the mean loss over all their tokens. Random numbers (dropout) are a
        function of the seed and `number`, that of the step. `factor` scales the learning rate.
        """
        torch.manual_seed(int(np.random.SeedSequence([self.seed, number]).generate_state(1)[0]))
        self.model.train()
        tokens = sum(batch.tokens for batch in batches)
        sums: list[tuple[torch.Tensor, torch.Tensor]] = []
        for place, batch in enumerate(batches, 1):
            if place < len(batches):
                with self.accelerator.no_sync(self.forward):
                    sums += self._backward(batch, tokens)
            else:
                sums += self._backward(batch, tokens)
        norm = self.accelerator.clip_grad_norm_(self.model.parameters(), self.clip)
        for group, rate in zip(self.optimizer.param_groups, self.rates, strict=True):
            group["lr"] = rate * factor
        self.stepper.step()
        self.stepper.zero_grad()
        total, exact = (torch.stack(parts).sum() for parts in zip(*sums, strict=True))
        return StepResult(total, exact, norm, tokens)

    def _backward(self, batch: Batch, tokens: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Loss and gradients of each segment of a batch."""
        output = self.model.output.linear
        batch, copies = (batch.repeated(), 2) if self.consistency else (batch, 1)
        segments = self.segments(self.forward, batch.to(self.accelerator.device), self.carried)
        while True:
            with self.accelerator.autocast():
                segment = next(segments, None)
                if segment is None:
                    return
                total, exact = cross_entropy(
                    segment.features,
                    output.weight,
                    output.bias,
                    segment.labels,
                    self.smoothing,
                    self.consistency,
                )
            self.accelerator.backward(total / (copies * tokens))
            self.carried = segment.carried
            yield total.detach() / copies, exact / copies

    def learning_rate(self) -> float:
        """The learning rate of the last step."""
        return float(self.optimizer.param_groups[0]["lr"])


def perplexity(exact: float, tokens: int) -> float:
    """The exponential of the mean cross-entropy per token; infinite rather than an overflow."""
    try:
        return math.exp(exact / tokens)
    except OverflowError:
        return math.inf
