"""Gradients of data-parallel training, in two processes that exchange them by gloo."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
import torch.distributed as dist
from torch import nn
from torch.multiprocessing.spawn import spawn
from torch.nn.parallel import DistributedDataParallel

from seq2seq.errors import ConfigError
from seq2seq.tasks.language_model import stream_segments
from seq2seq.tasks.truncated_bptt import truncated_segments
from seq2seq.training.distributed import unwrap_model

WEIGHT = 0.5
RANKS = 2


class Recurrence(nn.Module):
    """A language model of one number: features w * x + s, where the initial state s is learned."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(WEIGHT))
        self.initial = nn.Parameter(torch.tensor(0.0))

    def initial_states(self, count: int) -> torch.Tensor:
        return self.initial.expand(count, 1, 1, 1)

    def forward(self, tokens: torch.Tensor, state: torch.Tensor) -> Any:
        features = self.weight * tokens.unsqueeze(-1) + state.view(-1, 1, 1)  # (B, T, 1)
        return SimpleNamespace(features=features, state=state)


def batch_of(rank: int) -> Any:
    """Return a batch of one stream and one position, whose token is 1 or 3."""
    return SimpleNamespace(
        target_input=torch.tensor([[1.0 + 2 * rank]]), is_first=None, labels=torch.tensor([0])
    )


def train_rank(rank: int, folder: str) -> None:
    """Save the gradients of one process; it is called by `spawn`."""
    torch.set_num_threads(1)
    dist.init_process_group(
        "gloo", init_method=f"file://{folder}/store", rank=rank, world_size=RANKS
    )
    wrapped = DistributedDataParallel(Recurrence())
    assert isinstance(unwrap_model(wrapped), Recurrence)

    [segment] = stream_segments(wrapped, batch_of(rank), None)
    segment.features.sum().backward()

    network = unwrap_model(wrapped)
    gradients = {"weight": network.weight.grad.clone(), "initial": network.initial.grad.clone()}
    wrapped.zero_grad()
    # A call of the network itself, which bypasses the hooks of the wrapper.
    network(batch_of(rank).target_input, torch.zeros(1)).features.sum().backward()
    gradients["bypassed"] = network.weight.grad
    torch.save(gradients, f"{folder}/{rank}.pt")
    try:
        next(truncated_segments(wrapped, batch_of(rank), None, 4, 0))
    except ConfigError as error:
        Path(folder, f"{rank}.error").write_text(str(error), encoding="utf-8")
    dist.destroy_process_group()


@pytest.mark.slow
def test_gradients_are_synchronised_by_the_wrapper_and_by_no_other_call(tmp_path: Path) -> None:
    spawn(train_rank, (str(tmp_path),), nprocs=RANKS)

    gradients = [torch.load(tmp_path / f"{rank}.pt") for rank in range(RANKS)]
    # The gradient of w is the token, 1 and 3: their mean is 2. That of the initial state is 1.
    assert [g["weight"].item() for g in gradients] == [2.0, 2.0]
    assert [g["initial"].item() for g in gradients] == [1.0, 1.0]
    assert [g["bypassed"].item() for g in gradients] == [1.0, 3.0]
    for rank in range(RANKS):  # so truncated segments, which call parts, refuse several processes
        message = (tmp_path / f"{rank}.error").read_text(encoding="utf-8")
        assert message.startswith("train.bptt=4 trains in one process")


def test_a_network_that_is_not_wrapped_is_itself() -> None:
    network = nn.Linear(1, 1)
    network.module = nn.Linear(2, 2)  # a part that happens to have this name

    assert unwrap_model(network) is network
