"""Checks before a run is started or resumed: the same options, the same data."""

import logging
from dataclasses import asdict, replace
from typing import Any

from seq2seq import hardware
from seq2seq.config.training import TrainConfig
from seq2seq.errors import RunError
from seq2seq.hardware import choose_precision
from seq2seq.run_folder import RunFolder
from seq2seq.training.task import Task

log = logging.getLogger("seq2seq.train")

# Options that decide when training ends or what is shown may change when a run is resumed; so may
# the folder of the data, whose content is compared by its fingerprint.
CHANGEABLE_OPTIONS = (
    "train.epochs",
    "train.steps",
    "train.budget",
    "train.log_interval",
    "train.save_interval",
    "train.device",
    "validation.patience",
    "validation.samples",
    "data.path",
    "tracker",
    "resume",
    "name",
)


def require_resumable(run: RunFolder, config: TrainConfig) -> list[str]:
    """Check that a run can be started in this folder or, with `resume`, continued there.

    Returns:
        the options that differ from those of the run that is resumed, and that may do so.

    Raises:
        RunError: there is a run and `resume` is off, there is none and `resume` is on, or its
            options are others.
    """
    if not config.resume:
        if run.exists():
            raise RunError(
                f"{run.folder} holds a run already: add resume=true to go on with it, or "
                "hydra.run.dir=ANOTHER_FOLDER to begin another one"
            )
        return []
    if not run.last.is_file():
        raise RunError(
            f"there is nothing to resume: {run.last} does not exist; give hydra.run.dir=FOLDER of "
            "a run, or leave resume=true out to begin one"
        )
    before, now = (flatten(asdict(c)) for c in (run.read_config(_trusted_modules(config)), config))
    differing = sorted(k for k in before | now if before.get(k) != now.get(k))
    changed = [k for k in differing if not k.startswith(CHANGEABLE_OPTIONS)]
    if changed:
        raise RunError(f"{run.folder} was begun with other options: " + ", ".join(changed))
    return [k for k in differing if k != "resume"]


def require_same_data(run: RunFolder, task: Task) -> None:
    """Check that the data have the fingerprint that they had when the run was begun.

    Raises:
        RunError: they have another one.
    """
    before, now = (facts.get("fingerprint") for facts in (run.read_facts(), task.facts()))
    if before != now:
        raise RunError(
            f"{run.folder} was begun with other data: the content of the files has changed since"
        )


def with_original_precision(run: RunFolder, config: TrainConfig) -> TrainConfig:
    """Return `config` with the precision of the run, where train.precision=auto chose it.

    Another precision would lead to other weights. It is chosen anew on another kind of device, and
    on a processor that does not compute in bf16, which is logged.
    """
    facts, device = run.read_facts(), hardware.choose_device(config.train.device)
    before = facts.get("precision")  # not in runs of earlier versions
    if config.train.precision != "auto" or not before or facts["device"] != device.type:
        return config
    if before == "bf16" and choose_precision("auto", device) == "fp32":
        log.info("begun in bf16, which this processor does not compute in: it goes on in fp32")
        return config
    return replace(config, train=replace(config.train, precision=before))


def _trusted_modules(config: TrainConfig) -> set[str]:
    """Return the modules of which the command line names classes."""
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
