"""Checkpoints: one file, written atomically, with everything that is needed to resume."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from seq2seq.errors import RunError, TextError
from seq2seq.storage.regular import open_regular
from seq2seq.storage.tensors import save_tensors
from seq2seq.training.ema import WeightEMA
from seq2seq.training.progress import Progress


class TrainingState(Protocol):
    """State that training changes, except the EMA: `seq2seq.training.train_step.TrainStep`."""

    model: Any  # nn.Module
    optimizer: torch.optim.Optimizer
    carried: dict[str, Tensor] | None


def save_checkpoint(
    path: Path, training: TrainingState, average: WeightEMA, progress: Progress
) -> None:
    """Write the state of training to `path`, atomically: an earlier file stays on an error.

    Random numbers are not saved: in each step they are a function of the seed and the step.

    Raises:
        RunError: the file cannot be written, for example because the disk is full.
    """
    model = training.model
    names = {id(p): name for name, p in model.named_parameters()}
    tensors = {f"model.{name}": p.detach() for name, p in model.named_parameters()}
    tensors |= {f"average.{name}": value for name, value in average.state().items()}
    tensors |= {f"carried.{name}": value for name, value in (training.carried or {}).items()}
    for parameter, state in training.optimizer.state.items():
        for key, value in state.items():
            if value is not None:
                name = f"optimizer.{key}.{names[id(parameter)]}"
                tensors[name] = torch.as_tensor(value)
    save_tensors(path, tensors, {"progress": json.dumps(asdict(progress))})


def load_checkpoint(path: Path, training: TrainingState, average: WeightEMA) -> Progress:
    """Restore what `save_checkpoint` wrote.

    Raises:
        RunError: there is no checkpoint, it is damaged, or it is of another model or optimizer.
    """
    tensors, progress = _read(path)
    model = training.model
    device = next(model.parameters()).device
    parameters = dict(model.named_parameters())
    _require_known_tensors(path, tensors, parameters)
    try:
        with torch.no_grad():
            for name, parameter in parameters.items():
                parameter.copy_(tensors[f"model.{name}"])
        average.load(_with_prefix(tensors, "average"))
    except (KeyError, RuntimeError) as error:
        raise RunError(f"the checkpoint {path} is of another model: {error}") from error
    carried = {name: value.to(device) for name, value in _with_prefix(tensors, "carried").items()}
    training.carried = carried or None
    state = _with_prefix(tensors, "optimizer")
    if progress.step and not state and not _is_stateless(training.optimizer):
        raise RunError(f"the checkpoint {path} has no state of the optimizer: it cannot be resumed")
    _load_optimizer(training.optimizer, parameters, state)
    return progress


def _read(path: Path) -> tuple[dict[str, Tensor], Progress]:
    """Return copies of all tensors of a checkpoint: a mapped file cannot be replaced on Windows."""
    if not os.path.lexists(path):
        raise RunError(f"there is nothing to resume: {path} does not exist")
    try:
        open_regular(path).close()
        with safe_open(path, framework="pt") as file:
            names = list(file.keys())
            tensors = {name: file.get_tensor(name).clone() for name in names}
            progress = Progress(**json.loads(file.metadata()["progress"]))
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise RunError(f"the checkpoint {path} cannot be read: {error}") from error
    except TextError as error:  # its message names the file
        raise RunError(str(error)) from error
    return tensors, progress


def _require_known_tensors(
    path: Path, tensors: Mapping[str, Tensor], parameters: Mapping[str, nn.Parameter]
) -> None:
    """Raise RunError for a tensor that the model does not have, or that holds a NaN."""
    for name, value in tensors.items():
        kind, _, rest = name.partition(".")
        owner = rest.partition(".")[2] if kind == "optimizer" else rest
        if kind not in ("model", "average", "carried", "optimizer") or (
            kind != "carried" and owner not in parameters
        ):
            raise RunError(f"the checkpoint {path} is of another model: it has no use for {name}")
        if value.is_floating_point() and value.isnan().any():
            raise RunError(f"the checkpoint {path} is damaged: {name} holds NaN")


def _is_stateless(optimizer: torch.optim.Optimizer) -> bool:
    """Return whether the optimizer is SGD without momentum, which has no state to save."""
    groups = optimizer.param_groups
    return isinstance(optimizer, torch.optim.SGD) and not any(g["momentum"] for g in groups)


def _with_prefix(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    start = f"{prefix}."
    return {n.removeprefix(start): t for n, t in tensors.items() if n.startswith(start)}


def _load_optimizer(
    optimizer: torch.optim.Optimizer,
    parameters: Mapping[str, nn.Parameter],
    tensors: Mapping[str, Tensor],
) -> None:
    # State is on the device of its parameter; the number of steps is so only for fused kernels.
    on_device = any(g.get("fused") or g.get("capturable") for g in optimizer.param_groups)
    for name, value in tensors.items():
        key, _, parameter = name.partition(".")
        owner = parameters[parameter]
        moves = value.dim() or on_device
        optimizer.state[owner][key] = value.to(owner.device) if moves else value
