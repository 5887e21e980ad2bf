"""What processes that train together exchange, in real processes connected by gloo."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from torch import nn
from torch.multiprocessing.spawn import spawn

from seq2seq.config.training import TrainConfig
from seq2seq.errors import ConfigError
from seq2seq.training.processes import ALONE, Processes, require_divisible

COUNT = 3


def exchange(rank: int, folder: str) -> None:
    """Save what one process has after each exchange; it is called by `spawn`."""
    torch.set_num_threads(1)
    store = f"file://{folder}/store"
    dist.init_process_group("gloo", init_method=store, rank=rank, world_size=COUNT)
    processes = Processes(rank, COUNT)
    of_all, of_one, of_none = model = nn.ParameterList(
        nn.Parameter(torch.full((2,), float(rank))) for _ in range(3)
    )
    frozen = nn.Parameter(torch.zeros(1), requires_grad=False)
    processes.copy_weights(model)
    copied = of_none.tolist()
    of_all.grad = torch.tensor([1.0, 10.0**rank])
    if rank == 1:
        of_one.grad = torch.tensor([5.0, 6.0])
    losses = torch.tensor([1.0, 2.0 * rank])
    summed = processes.add_gradients([*model, frozen], losses)
    order = Path(folder, "order")
    with processes.first_alone(), order.open("a") as file:
        file.write(f"{rank}")
    outcome = {
        "total": processes.total(rank + 1),
        "largest": processes.largest(10 - rank),
        "first": processes.of_first({"rank": rank}),
        "copied": copied,
        "losses": summed.tolist(),
        "gradients": [None if p.grad is None else p.grad.tolist() for p in model],
    }
    torch.save(outcome, f"{folder}/{rank}.pt")
    dist.destroy_process_group()


@pytest.mark.slow
def test_all_processes_have_the_same_after_each_exchange(tmp_path: Path) -> None:
    spawn(exchange, (str(tmp_path),), nprocs=COUNT)

    outcomes = [torch.load(tmp_path / f"{rank}.pt") for rank in range(COUNT)]
    assert (
        outcomes
        == [
            {
                "total": 1 + 2 + 3,
                "largest": 10,
                "first": {"rank": 0},
                "copied": [0.0, 0.0],
                "losses": [3.0, 0.0 + 2.0 + 4.0],
                # One that a single process has is of all; one of no process stays without.
                "gradients": [[3.0, 111.0], [5.0, 6.0], None],
            }
        ]
        * COUNT
    )
    assert (tmp_path / "order").read_text()[0] == "0"


def test_one_process_alone_exchanges_nothing() -> None:
    weight = nn.Parameter(torch.ones(1))
    losses = torch.tensor([1.0])
    assert ALONE.is_first
    assert (ALONE.total(3), ALONE.largest(4), ALONE.of_first("x")) == (3, 4, "x")
    assert ALONE.add_gradients([weight], losses) is losses
    assert weight.grad is None


def test_batches_that_follow_each_other_are_not_shared_out(
    config: Callable[..., TrainConfig],
) -> None:
    carried, streams = config("document_context=carry"), config()
    streams.task = {"_target_": "seq2seq.tasks.language_model.LanguageModelTask"}
    for options, message in (
        (carried, "document_context=carry trains in one process"),
        (streams, "a language model trains in one process"),
    ):
        require_divisible(options, ALONE)
        with pytest.raises(ConfigError, match=message):
            require_divisible(options, Processes(0, 2))
