"""Processes that train one network together, each on its share of the batches.

The first one, of rank 0, writes the run folder, reads the clock and validates. The others compute
gradients. `torchrun`, `accelerate launch` and `train.processes` start them, on one machine or many;
gloo carries what CPUs exchange, NCCL what GPUs do.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn

from seq2seq.builders import task_kind
from seq2seq.config.machine import process_count
from seq2seq.config.training import TrainConfig
from seq2seq.errors import ConfigError

T = TypeVar("T")

# Others wait while the first prepares a corpus or validates; the launcher ends them if it dies.
PATIENCE = timedelta(hours=24)


class Processes:
    """This process, of rank `rank`, among the `count` that train together."""

    def __init__(self, rank: int = 0, count: int = 1) -> None:
        self.rank, self.count = rank, count

    @property
    def is_first(self) -> bool:
        """Return whether this process writes the run folder."""
        return self.rank == 0

    def total(self, number: int) -> int:
        """Return the sum of the numbers of all processes."""
        return self._reduced(number, dist.ReduceOp.SUM)

    def largest(self, number: int) -> int:
        """Return the largest of the numbers of all processes."""
        return self._reduced(number, dist.ReduceOp.MAX)

    def _reduced(self, number: int, operation: Any) -> int:
        if self.count == 1:
            return number
        numbers = torch.tensor([number], dtype=torch.long)
        dist.all_reduce(numbers, operation)
        return int(numbers)

    def of_first(self, value: T) -> T:
        """Return the value of the first process; it can be pickled."""
        if self.count == 1:
            return value
        values: list[Any] = [value]
        dist.broadcast_object_list(values)
        chosen: T = values[0]
        return chosen

    def wait(self) -> None:
        """Wait until all processes have come here."""
        if self.count > 1:
            dist.barrier()

    def leave(self) -> None:
        """Close the connections to the others."""
        if self.count > 1:
            dist.destroy_process_group()

    @contextmanager
    def first_alone(self) -> Iterator[None]:
        """Run a block in the first process, and in the others when it has ended there."""
        if not self.is_first:
            self.wait()
        yield
        if self.is_first:
            self.wait()

    @torch.no_grad()
    def copy_weights(self, model: nn.Module) -> None:
        """Give the parameters of `model` the values that they have in the first process."""
        if self.count > 1:
            for parameter in model.parameters():
                dist.broadcast(parameter, 0)

    @torch.no_grad()
    def add_gradients(self, parameters: Iterable[nn.Parameter], losses: Tensor) -> Tensor:
        """Replace each gradient by its sum over all processes, and return that of `losses` (n,).

        A parameter without a gradient in every process has none afterwards, so that the optimizer
        leaves it as it is. The sum is the same in all processes, bit for bit.
        """
        if self.count == 1:
            return losses
        trained = [parameter for parameter in parameters if parameter.requires_grad]
        present = losses.new_tensor([float(p.grad is not None) for p in trained])
        gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in trained]
        flat = torch.cat([g.flatten() for g in gradients] + [present, losses])
        dist.all_reduce(flat)
        sizes = [gradient.numel() for gradient in gradients]
        *sums, present, losses = flat.split([*sizes, len(present), len(losses)])
        for parameter, part, count in zip(trained, sums, present.tolist(), strict=True):
            parameter.grad = part.view_as(parameter) if count else None
        return losses


ALONE = Processes()


def require_divisible(config: TrainConfig, processes: Processes) -> None:
    """Require that batches can be shared out among processes.

    Raises:
        ConfigError: a batch begins with states that the batch before it carries.
    """
    if processes.count == 1:
        return
    if config.document_context == "carry":
        raise ConfigError("document_context=carry trains in one process: batches follow each other")
    if task_kind(config.task["_target_"]) == "language_model":
        raise ConfigError("a language model trains in one process: batches follow each other")


def join_processes() -> Processes:
    """Return this process among those of the launcher, connected to the others."""
    if process_count() == 1:
        return ALONE
    if not dist.is_initialized():
        has_gpus = torch.cuda.is_available()
        if has_gpus:
            torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
        dist.init_process_group("cpu:gloo,cuda:nccl" if has_gpus else "gloo", timeout=PATIENCE)
    return Processes(dist.get_rank(), dist.get_world_size())


def is_connection_lost(error: RuntimeError) -> bool:
    """Return whether an exchange has failed because another process has ended."""
    words = ("Connection closed by peer", "Connection reset by peer", "Broken pipe", "gloo", "NCCL")
    return any(word in str(error) for word in words)
