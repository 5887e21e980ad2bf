"""One training step: forward, loss, backward, clip, update."""

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from accelerate import Accelerator

from seq2seq.data.batches import Batch
from seq2seq.training.initial_weights import InitialWeights
from seq2seq.training.loss import cross_entropy
from seq2seq.training.processes import ALONE
from seq2seq.training.task import CarriedStates, SegmentFunction


class StepResult(NamedTuple):
    """Sums over the labels of one training step, as tensors on the device."""

    loss: torch.Tensor  # smoothed cross-entropy, in nats
    exact: torch.Tensor  # cross-entropy without smoothing, in nats
    grad_norm: torch.Tensor  # before clipping
    tokens: int  # labels, without padding


class TrainStep:
    """Training step of a model with its optimizer.

    A step is, in this order:

    1. for each micro-batch: seed the random numbers (dropout) with the seed of the run, the number
       of the step and that of the micro-batch; for each of its segments: forward, cross-entropy,
       backward, so that gradients accumulate;
    2. add the gradients of all processes, and that of the distance to the initial weights, if any;
    3. clip the norm of the gradient;
    4. set the learning rate: that of the optimizer times the factor of the schedule;
    5. update the weights, and set the gradients to zero.
    """

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
        """Prepare `model` and `optimizer` for training.

        Args:
            model: a module with an output layer.
            segments: a function that cuts a batch into segments.
            optimizer: optimizer of the parameters of `model`, with their learning rates.
            accelerator: device and precision.
            clip: maximum norm of the gradient.
            smoothing: label smoothing.
            seed: seed of the run.
            consistency: alpha of R-Drop; 0: no R-Drop.
        """
        self.accelerator, self.segments = accelerator, segments
        self.model, self.optimizer = model, optimizer
        # As in evaluation: without a wrapper for several processes, since tasks also call parts of
        # the network, which such a wrapper does not see.
        self.forward = accelerator.prepare_model(model, evaluation_mode=True)
        self.stepper = accelerator.prepare_optimizer(optimizer)
        self.processes = ALONE  # those that train together
        self.seeds_micro_batches = True  # False: the first one of a step, as in earlier versions
        self.learning_rates = [float(group["lr"]) for group in optimizer.param_groups]
        self.clip, self.seed = clip, seed
        self.smoothing, self.consistency = smoothing, consistency
        # Initial states of the next batch, if the task carries states from batch to batch.
        self.carried: CarriedStates = None
        self.initial: InitialWeights | None = None  # whose distance is penalised

    def step(self, micro_batches: Sequence[Batch], number: int, factor: float) -> StepResult:
        """Update the weights once, on `micro_batches` as if they were one batch.

        Args:
            micro_batches: batches whose gradients add up to that of the mean loss over all tokens,
                those of the other processes included; of several processes, some may have none.
            number: number of the step, from 1.
            factor: factor of the learning rate.
        """
        self.model.train()
        tokens = self.processes.total(sum(batch.tokens for batch in micro_batches))
        sums = torch.zeros(2, device=self.accelerator.device)
        for index, batch in enumerate(micro_batches):
            # The same numbers as in one process that takes all micro-batches one after the other.
            index_in_step = index * self.processes.count + self.processes.rank
            if index == 0 or self.seeds_micro_batches:
                torch.manual_seed(random_seed(self.seed, number, index_in_step))
            for losses in self._backward(batch, tokens):
                sums += torch.stack(losses)
        sums = self.processes.add_gradients(self.model.parameters(), sums)
        if self.initial is not None:
            self.initial.add_gradient()
        grad_norm = self.accelerator.clip_grad_norm_(self.model.parameters(), self.clip)
        for group, learning_rate in zip(
            self.optimizer.param_groups, self.learning_rates, strict=True
        ):
            group["lr"] = learning_rate * factor
        self.stepper.step()
        self.stepper.zero_grad()
        return StepResult(sums[0], sums[1], grad_norm, tokens)

    def _backward(self, batch: Batch, tokens: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Compute the gradients of each segment of a batch, and yield its losses."""
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
            if segment.finish_backward:
                segment.finish_backward()
            self.carried = segment.carried
            yield total.detach() / copies, exact / copies

    def learning_rate(self) -> float:
        """Return the learning rate of the last step."""
        return float(self.optimizer.param_groups[0]["lr"])


def random_seed(seed: int, step: int, index: int) -> int:
    """Return the seed of dropout in a micro-batch.

    Args:
        seed: seed of the run.
        step: number of the step, from 1.
        index: index of the micro-batch among those of the step, in all processes.
    """
    # That of the first one is the seed of the whole step in earlier versions.
    numbers = [seed, step, index] if index else [seed, step]
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])


def label_perplexity(exact: float, tokens: int) -> float:
    """Return the exponential of the mean cross-entropy per label; infinity on overflow.

    Args:
        exact: sum of the cross-entropy, in nats.
        tokens: number of labels.
    """
    try:
        return math.exp(exact / tokens)
    except OverflowError:
        return math.inf
