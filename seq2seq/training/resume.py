"""Checks before a run is started or resumed: the same options, the same data."""

import logging
import os
from dataclasses import asdict, replace
from typing import Any

from seq2seq import hardware
from seq2seq.config.fitted import option_value, with_options
from seq2seq.config.protect import ProtectOptions
from seq2seq.config.training import CleaningOptions, TrainConfig, ValidationOptions
from seq2seq.data.readers.files import is_renamed
from seq2seq.errors import RunError
from seq2seq.hardware import choose_precision
from seq2seq.run_folder import RunFolder
from seq2seq.training import checkpoint
from seq2seq.training.ema import WeightEMA
from seq2seq.training.progress import Progress
from seq2seq.training.task import Task
from seq2seq.training.train_step import TrainStep

log = logging.getLogger("seq2seq.train")

# Options about the end of training or about output may change when a run is resumed; so may
# the names of the data files, whose content is compared by its fingerprint.
CHANGEABLE_OPTIONS = (
    "train.epochs",
    "train.steps",
    "train.budget",
    "train.log_interval",
    "train.save_interval",
    "train.device",
    "train.processes",
    "validation.patience",
    "validation.samples",
    "validation.most",
    "data.path",
    "data.train",
    "data.validation",
    "data.test",
    "clean.scores",
    "init.run",
    "tokenizer.model",
    "tracker",
    "resume",
    "name",
    "fitted",  # names of options, which are compared themselves
)

MAX_NAMED = 5  # differing options that a message names


def require_resumable(run: RunFolder, config: TrainConfig) -> list[str]:
    """Check that a run can be started in this folder or, with `resume`, continued there.

    Returns:
        The options that may change and that differ from those of the resumed run.

    Raises:
        RunError: there is a run and `resume` is off, there is none and `resume` is on, or its
            options differ.
    """
    if config.resume != "true":
        if run.exists():
            raise RunError(
                f"{run.folder} holds a run already: add resume=true to continue it, or "
                "hydra.run.dir=ANOTHER_FOLDER to start another"
            )
        return []
    if not os.path.lexists(run.last):
        raise RunError(
            f"there is nothing to resume: {run.last} does not exist; give hydra.run.dir=FOLDER of "
            "a run, or leave resume=true out to start one"
        )
    saved = flatten(asdict(run.read_config(trusted_modules(config))))
    current = flatten(asdict(config))
    differing = sorted(k for k in saved | current if saved.get(k) != current.get(k))
    changed = [k for k in differing if not k.startswith(CHANGEABLE_OPTIONS)]
    if changed:
        more = f" and {len(changed) - MAX_NAMED} more" if len(changed) > MAX_NAMED else ""
        names = ", ".join(changed[:MAX_NAMED])
        count = "another option" if len(changed) == 1 else f"{len(changed)} other options"
        raise RunError(
            f"{run.folder} was started with {count}: {names}{more}; "
            f"init={run.folder} begins a new run from its weights"
        )
    return [k for k in differing if k != "resume"]


def require_same_data(run: RunFolder, task: Task) -> None:
    """Check, by fingerprint, that the data are the same as at the start of the run.

    The same bytes under other file names are the same data.

    Raises:
        RunError: the data are others.
    """
    before, now = run.read_facts(), task.facts()
    is_same = before.get("fingerprint") == now.get("fingerprint")
    if not is_same and not is_renamed(before.get("origin", {}), now.get("origin", {})):
        examples = before.get("examples")  # absent in runs of earlier versions
        grown = isinstance(examples, int) and task.train_data.pairs > examples
        how = (
            f"grown from {examples:,} to {task.train_data.pairs:,} examples an epoch"
            if grown
            else "changed"
        )
        raise RunError(
            f"{run.folder} was started with other data: the content of the files has {how} since; "
            f"init={run.folder} begins a new run from its weights"
        )


def with_earlier_data(run: RunFolder, config: TrainConfig) -> TrainConfig:
    """Return `config` with what the run of an earlier version that it resumes did to its data.

    Runs of versions before `protect` protect nothing; their training pairs have no symbols. Those
    before `protect.number_format` keep numbers as they are, and those before `clean.drop` drop no
    doubtful pairs.
    """
    if config.resume != "true" or not run.exists():
        return config
    earlier = run.read_config(trusted_modules(config))
    if not earlier.clean.drop and config.clean.drop == CleaningOptions().drop:
        config = replace(config, clean=replace(config.clean, drop=[]))
    if config.validation.most == ValidationOptions().most:  # it was 5,000
        most = earlier.validation.most
        config = replace(config, validation=replace(config.validation, most=most))
    saved = earlier.protect
    is_earlier = saved == ProtectOptions(kinds=[], truecase=False, number_format="keep")
    if is_earlier and config.protect == ProtectOptions():
        return replace(config, protect=saved)
    format_ = saved.number_format if saved.number_format == "keep" else config.protect.number_format
    return replace(config, protect=replace(config.protect, number_format=format_))


def with_earlier_cell(run: RunFolder, config: TrainConfig) -> TrainConfig:
    """Return `config` with the cell of the run of an earlier version that it resumes.

    An option that the run has no value for came later: the class has the value of before.
    """
    if config.resume != "true" or not run.exists():
        return config
    saved, chosen = run.read_config(trusted_modules(config)).model.cell, config.model.cell
    is_earlier = saved.keys() < chosen.keys() and saved.items() <= chosen.items()
    return replace(config, model=replace(config.model, cell=saved)) if is_earlier else config


def with_recorded_choices(run: RunFolder, config: TrainConfig) -> TrainConfig:
    """Return `config` with the values of the run that it resumes for options that are open.

    They were chosen when the run began; this machine or its load may be another now.
    """
    if not (config.resume == "true" and config.fitted and run.exists()):
        return config
    saved = run.read_config(trusted_modules(config))
    return with_options(config, {name: option_value(saved, name) for name in config.fitted})


def with_original_precision(run: RunFolder, config: TrainConfig) -> TrainConfig:
    """Return `config` with the precision that train.precision=auto chose at the start of the run.

    Another precision would lead to other weights. It is chosen anew on another kind of device, and
    on a CPU that does not compute in bf16, which is logged.
    """
    facts, device = run.read_facts(), hardware.choose_device(config.train.device)
    precision = facts.get("precision")  # absent in runs of earlier versions
    if config.train.precision != "auto" or not precision or facts["device"] != device.type:
        return config
    if precision == "bf16" and choose_precision("auto", device) == "fp32":
        log.info("started in bf16, which this processor does not compute in: it is resumed in fp32")
        return config
    return replace(config, train=replace(config.train, precision=precision))


def trusted_modules(config: TrainConfig) -> set[str]:
    """Return the top-level modules of the classes that the options name."""
    values = flatten(asdict(config))
    return {str(v).split(".")[0] for k, v in values.items() if k.endswith("_target_")}


def flatten(node: Any, path: str = "") -> dict[str, Any]:
    """Return a nested mapping as a flat one with dotted keys."""
    if not isinstance(node, dict) or not node:
        return {path: node}
    flat: dict[str, Any] = {}
    for name, child in node.items():
        flat |= flatten(child, f"{path}.{name}" if path else str(name))
    return flat


def resume_progress(run: RunFolder, train_step: TrainStep, average: WeightEMA) -> Progress:
    """Restore weights and optimizer from the checkpoint of `run`, and return its counts."""
    progress = checkpoint.load_checkpoint(run.last, train_step, average)
    train_step.seeds_micro_batches = progress.seeds_micro_batches
    log.info("resumed %s at step %d", run.folder, progress.step)
    return progress
