"""The run that a new one begins from: its options, weights and ancestors."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from seq2seq.config.adoption import with_adopted_options
from seq2seq.config.memory import require_memory
from seq2seq.config.training import TrainConfig
from seq2seq.data.readers.files import sha256_of_file
from seq2seq.errors import ConfigError, RunError, TextError
from seq2seq.run_folder import RunFolder
from seq2seq.text.tokenizer import Tokenizer
from seq2seq.text.vocabulary_extension import old_tokens
from seq2seq.training.resume import trusted_modules
from seq2seq.training.task import Task

T = TypeVar("T", bound=TrainConfig)
Sides = tuple[Tokenizer, Tokenizer]  # source and target

MAX_ANCESTORS = 100  # that run.json keeps, the nearest first
MAX_TEXT = 200  # characters of what an ancestor says of itself


def with_resume_decided(run: RunFolder, config: TrainConfig) -> TrainConfig:
    """Return `config` with `resume=auto` decided: true where there is a run, else false."""
    if config.resume != "auto":
        return config
    return replace(config, resume="true" if run.exists() else "false")


def with_initial_options(run: RunFolder, config: T, given: Sequence[str] = ()) -> T:
    """Return `config` with the network and the pieces of the run that it begins from, if any.

    A run that resumes takes them from its own folder: what it began from may be gone.

    Raises:
        RunError: there is no such run, or it is damaged.
        ConfigError: an option that was given contradicts that run, or memory is too small for it.
    """
    if config.init.run is None:
        return config
    if config.resume == "true" and run.exists():
        own = run.read_config(trusted_modules(config))
        return with_adopted_options(config, own, given, strict=False)
    initial = RunFolder(Path(config.init.run)).read_config(trusted_modules(config))
    adopted = with_adopted_options(config, initial, given)
    require_memory(adopted)
    return adopted


def load_initial_weights(task: Task, config: TrainConfig, notify: Callable[[str], None]) -> None:
    """Load the weights of the run that `config` begins from, if any, into the network of `task`.

    Raises:
        RunError: the weights are missing, damaged, or of another network.
        ConfigError: the labels of a classifier are others.
    """
    if config.init.run is None:
        return
    run = RunFolder(Path(config.init.run))
    facts = _facts(run)
    _require_same_labels(config.init.run, facts.get("labels"), task.facts().get("labels"))
    tensors = run.read_tensors(run.model)
    if config.init.vocabulary == "extend":
        tensors = with_new_rows(task.model, tensors, run.read_tokenizers(), task.tokenizers)
    run.load_weights(task.model, tensors)
    notify(f"begins with the weights of {run.folder}, {_text(facts.get('subject'))}")


def with_new_rows(
    model: nn.Module, tensors: Mapping[str, Tensor], old: Sides, new: Sides
) -> dict[str, Tensor]:
    """Return `tensors` with a row for each new piece, in embeddings and output layer.

    The row of a piece is the mean of the rows of the old pieces that it is made of.

    Args:
        model: the network of the extended vocabularies.
        tensors: weights of the network of the old ones.
        old: tokenizers of source and target.
        new: the same with more pieces.
    """
    sides = {"encoder.embedding.weight": 0}
    if hasattr(model, "decoder"):  # a classifier's output are its labels
        names = ("decoder.embedding.weight", "output.linear.weight", "output.linear.bias")
        sides |= dict.fromkeys(names, 1)
    extended = dict(tensors)
    for name, side in sides.items():
        if name in tensors:
            added = range(old[side].vocab_size, new[side].vocab_size)
            parts = [old_tokens(old[side], new[side].piece(token)) for token in added]
            rows = [tensors[name][tokens].mean(0, keepdim=True) for tokens in parts]
            extended[name] = torch.cat([tensors[name], *rows])
    return extended


def lineage(config: TrainConfig) -> list[dict[str, str]]:
    """Return the ancestors of a run that begins as `config` says, the nearest first.

    Each has the name of a run, what it was for, the licence of its data, and the SHA-256 of its
    weights.
    """
    if config.init.run is None:
        return []
    run = RunFolder(Path(config.init.run))
    facts = _facts(run)
    try:
        weights = sha256_of_file(run.file(run.model))
    except TextError as error:
        raise RunError(str(error)) from error
    earlier = facts.get("lineage")
    ancestors = [facts | {"weights": weights}, *(earlier if isinstance(earlier, list) else [])]
    return [_ancestor(each) for each in ancestors[:MAX_ANCESTORS] if isinstance(each, dict)]


def _facts(run: RunFolder) -> dict[str, Any]:
    return run.read_facts() if run.facts.is_file() else {}


def _ancestor(facts: dict[str, Any]) -> dict[str, str]:
    return {name: _text(facts.get(name)) for name in ("name", "subject", "licence", "weights")}


def _text(value: object) -> str:
    return value[:MAX_TEXT] if isinstance(value, str) else "unknown"


def _require_same_labels(run: str, theirs: Any, ours: Any) -> None:
    if ours is None or ours == theirs:
        return
    known = theirs if isinstance(theirs, list) else []
    new = [str(label) for label in ours if label not in known]
    gone = [str(label) for label in known if label not in ours]
    difference = f"{new[0]} is new" if new else f"{gone[0]} is missing" if gone else "in order"
    raise ConfigError(
        f"the labels differ from those of init.run={run} ({difference}): a classifier begins from "
        "one with the same labels"
    )
