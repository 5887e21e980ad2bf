"""Everything that is needed to go on, in one file that is written aside and moved into place."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from seq2seq.errors import RunError
from seq2seq.storage.tensors import save_tensors
from seq2seq.training.ema import WeightEMA
from seq2seq.training.progress import Progress


class TrainingState(Protocol):
    """What is on its way: `seq2seq.training.train_step.TrainStep`."""

    model: Any  # nn.Module
    optimizer: torch.optim.Optimizer
    carried: dict[str, Tensor] | None


def save_checkpoint(
    path: Path, learning: TrainingState, average: WeightEMA, progress: Progress
) -> None:
    """Write the state of training to `path`; what was there stays until the new file is whole.

    Random numbers need no saving: those of a step are a function of the seed and the step.

    Raises:
        RunError: it cannot be written, the disk being full for example.
    """
    model = learning.model
    names = {id(p): name for name, p in model.named_parameters()}
    tensors = {f"model.{name}": p.detach() for name, p in model.named_parameters()}
    tensors |= {f"average.{name}": value for name, value in average.state().items()}
    tensors |= {f"carried.{name}": value for name, value in (learning.carried or {}).items()}
    for parameter, state in learning.optimizer.state.items():
        for key, value in state.items():
            if value is not None:
                name = f"optimizer.{key}.{names[id(parameter)]}"
                tensors[name] = torch.as_tensor(value)
    save_tensors(path, tensors, {"progress": json.dumps(asdict(progress))})


def load_checkpoint(path: Path, learning: TrainingState, average: WeightEMA) -> Progress:
    """Put back what `save` wrote.

    Raises:
        RunError: there is no checkpoint, it is damaged, or it is of another model.
    """
    if not path.is_file():
        raise RunError(f"there is nothing to resume: {path} does not exist")
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            progress = Progress(**json.loads(file.metadata()["progress"]))
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise RunError(f"the checkpoint {path} cannot be read: {error}") from error
    model = learning.model
    device = next(model.parameters()).device
    try:
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                parameter.copy_(tensors[f"model.{name}"])
        average.load(_with_prefix(tensors, "average"))
    except (KeyError, RuntimeError) as error:
        raise RunError(f"the checkpoint {path} is of another model: {error}") from error
    carried = {name: value.to(device) for name, value in _with_prefix(tensors, "carried").items()}
    learning.carried = carried or None
    parameters = dict(model.named_parameters())
    _load_optimizer(learning.optimizer, parameters, _with_prefix(tensors, "optimizer"))
    return progress


def _with_prefix(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    start = f"{prefix}."
    return {n.removeprefix(start): t for n, t in tensors.items() if n.startswith(start)}


def _load_optimizer(
    optimizer: torch.optim.Optimizer,
    parameters: Mapping[str, nn.Parameter],
    tensors: Mapping[str, Tensor],
) -> None:
    # All goes with its parameter, but for the count of steps, which fused kernels alone want there.
    together = any(g.get("fused") or g.get("capturable") for g in optimizer.param_groups)
    for name, value in tensors.items():
        key, _, parameter = name.partition(".")
        here = parameters[parameter]
        moved = value.dim() or together
        optimizer.state[here][key] = value.to(here.device) if moved else value
