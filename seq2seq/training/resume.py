"""What resuming requires: the options and the data that the run was begun with."""

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

# Options that say when training ends or what is shown: they may change when it is resumed.
CHANGEABLE_OPTIONS = (
    "train.epochs",
    "train.steps",
    "train.budget",
    "train.log_interval",
    "train.save_interval",
    "train.device",
    "validation.patience",
    "validation.samples",
    "tracker",
    "resume",
    "name",
)


def require_resumable(run: RunFolder, config: TrainConfig) -> None:
    """Refuse to write over a run, or to go on with one under other options."""
    if not config.resume:
        if run.exists():
            raise RunError(
                f"{run.folder} holds a run already: resume=true goes on with it, and another "
                "hydra.run.dir leaves it alone"
            )
        return
    if not run.last.is_file():
        raise RunError(f"there is nothing to resume: {run.last} does not exist")
    before, now = (flatten(asdict(c)) for c in (run.read_config(_trusted_modules(config)), config))
    differing = sorted(k for k in before | now if before.get(k) != now.get(k))
    changed = [k for k in differing if not k.startswith(CHANGEABLE_OPTIONS)]
    if changed:
        raise RunError(f"{run.folder} was begun with other options: " + ", ".join(changed))
    if freely := [k for k in differing if k != "resume"]:
        log.info("resuming with other values of %s", ", ".join(freely))
        run.write_config(config)


def require_same_data(run: RunFolder, task: Task) -> None:
    """Refuse to go on with other data than those that the run was begun with."""
    before, now = (facts.get("fingerprint") for facts in (run.read_facts(), task.facts()))
    if before != now:
        raise RunError(f"{run.folder} was begun with other data: the files have changed since")


def with_original_precision(run: RunFolder, config: TrainConfig) -> TrainConfig:
    """`config` for going on: in the precision that the run began in, if it chose that by itself.

    Another one would lead to other weights. It is chosen anew on another kind of device, and, which
    is said, where this processor does not compute in bf16.
    """
    facts, device = run.read_facts(), hardware.choose_device(config.train.device)
    before = facts.get("precision")  # runs of earlier versions do not tell
    if config.train.precision != "auto" or not before or facts["device"] != device.type:
        return config
    if before == "bf16" and choose_precision("auto", device) == "fp32":
        log.info("begun in bf16, which this processor does not compute in: it goes on in fp32")
        return config
    return replace(config, train=replace(config.train, precision=before))


def _trusted_modules(config: TrainConfig) -> set[str]:
    """The modules that the command line itself takes classes from."""
    values = flatten(asdict(config))
    return {str(v).split(".")[0] for k, v in values.items() if k.endswith("_target_")}


def flatten(node: Any, path: str = "") -> dict[str, Any]:
    """A nested mapping with dotted keys."""
    if not isinstance(node, dict) or not node:
        return {path: node}
    found: dict[str, Any] = {}
    for name, child in node.items():
        found |= flatten(child, f"{path}.{name}" if path else str(name))
    return found
