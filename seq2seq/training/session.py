"""From checked options to a finished run folder."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from omegaconf import OmegaConf

from seq2seq import build
from seq2seq.config.training import TrainConfig
from seq2seq.errors import ConfigError, RunError, Stopped
from seq2seq.processor import computes_bf16, multiplies_bf16
from seq2seq.run import Run
from seq2seq.training import card, checkpoint, pictures, report
from seq2seq.training.average import WeightAverage
from seq2seq.training.learner import Learner
from seq2seq.training.loop import Loop
from seq2seq.training.progress import Clock, Progress
from seq2seq.training.task import Task

log = logging.getLogger("seq2seq.train")

# Options that say when training ends or what is shown: they may change when it is resumed.
FREE: tuple[str, ...] = (
    "train.epochs",
    "train.steps",
    "train.budget",
    "train.log_every",
    "train.save_every",
)
FREE += ("train.device", "validation.patience", "validation.samples", "track", "resume", "name")


def train(config: TrainConfig, folder: Path, given: Sequence[str] = ()) -> float | None:
    """Train the system of `config` into `folder`, or go on with what was begun there.

    Args:
        config: the options.
        folder: where the run is, or will be.
        given: what of the options was given on a command line, for run.json.

    Returns:
        The best validation score, the larger the better: what a sweep looks for.

    Raises:
        RunError: the folder holds a run and `resume` is off, or its options or data are others.
        UserError: the data, an option or the disk does not allow it.
    """
    started = time.monotonic()
    run = Run(folder)
    check_folder(run, config)
    track = build.make("track", config.track, {"folder": folder})  # early: it may not be installed
    schedule = build.make("schedule", config.schedule)
    task, learner, average = make(as_begun(run, config) if config.resume else config, log.info)
    progress = Progress()
    if config.resume:
        check_data(run, task)
        progress = checkpoint.load(run.last, learner, average)
        log.info("resumed %s at step %d", folder, progress.step)
    else:
        begin(run, config, task, given)
        checkpoint.save(run.last, learner, average, progress)
        run.write_config(config)  # last: from here on it is a run
    loop = Loop(config, run, learner, schedule, average, task)
    clock = Clock(started + task.fetched, progress.seconds)
    teller = report.Report(run.metrics, track, progress.step)
    try:
        reason = loop.train(progress, clock, teller)
        log.info("training ended after step %d: %s", progress.step, reason)
        ended = f"{reason}; the weights of step {progress.best_step} are kept"
        finish(run, config, task, ended)
        teller.record("end", progress.step, {"seconds": round(clock.now(), 1)})
        return progress.best
    except Stopped as stop:
        resume = card.quoted(f"hydra.run.dir={folder}")
        log.info(
            "stopped at step %d; the same command with %s resume=true goes on",
            progress.step,
            resume,
        )
        raise SystemExit(128 + stop.number) from None


def check_folder(run: Run, config: TrainConfig) -> None:
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
    before, now = (flat(asdict(c)) for c in (run.read_config(_modules(config)), config))
    differing = sorted(k for k in before | now if before.get(k) != now.get(k))
    changed = [k for k in differing if not k.startswith(FREE)]
    if changed:
        raise RunError(f"{run.folder} was begun with other options: " + ", ".join(changed))
    if freely := [k for k in differing if k != "resume"]:
        log.info("resuming with other values of %s", ", ".join(freely))
        run.write_config(config)


def check_data(run: Run, task: Task) -> None:
    """Refuse to go on with other data than those that the run was begun with."""
    before, now = (facts.get("fingerprint") for facts in (run.read_facts(), task.facts()))
    if before != now:
        raise RunError(f"{run.folder} was begun with other data: the files have changed since")


def as_begun(run: Run, config: TrainConfig) -> TrainConfig:
    """`config` for going on: in the precision that the run began in, if it chose that by itself.

    Another one would lead to other weights. It is chosen anew on another kind of device, and, which
    is said, where this processor does not compute in bf16.
    """
    facts, device = run.read_facts(), build.device(config.train.device)
    before = facts.get("precision")  # runs of earlier versions do not tell
    if config.train.precision != "auto" or not before or facts["device"] != device.type:
        return config
    if before == "bf16" and precision("auto", device) == "fp32":
        log.info("begun in bf16, which this processor does not compute in: it goes on in fp32")
        return config
    return replace(config, train=replace(config.train, precision=before))


def _modules(config: TrainConfig) -> set[str]:
    """The modules that the command line itself takes classes from."""
    values = flat(asdict(config))
    return {str(v).split(".")[0] for k, v in values.items() if k.endswith("_target_")}


def flat(node: Any, path: str = "") -> dict[str, Any]:
    """A nested mapping with dotted keys."""
    if not isinstance(node, dict) or not node:
        return {path: node}
    found: dict[str, Any] = {}
    for name, child in node.items():
        found |= flat(child, f"{path}.{name}" if path else str(name))
    return found


def make(config: TrainConfig, say: Callable[[str], None]) -> tuple[Task, Learner, WeightAverage]:
    """The system, its data prepared, and what changes its weights; `say` tells people of it."""
    torch.set_flush_denormal(True)
    device = build.device(config.train.device)
    kind = precision(config.train.precision, device)
    # Of several runs in one process each has its own device and precision.
    AcceleratorState._reset_state(reset_partial_state=True)
    accelerator = Accelerator(
        mixed_precision="bf16" if kind == "bf16" else "no", cpu=device.type == "cpu"
    )
    # Tried on one weight first: a mistake is to be told before the corpus is prepared.
    build.make("optimizer", config.optimizer, {"parameters": [torch.nn.Parameter(torch.ones(1))]})
    torch.manual_seed(config.train.seed)
    # Hydra would make dictionaries of the options: it only finds the class.
    task: Task = build.make("task", config.task, {"_partial_": True})(config, say)
    task.model.to(accelerator.device)
    pieces = task.model.output.linear.out_features
    weights = size(task.model)
    say(f"device {device}, precision {kind}, {torch.get_num_threads()} threads")
    say(f"{weights:,} weights ({4 * weights / 2**20:.0f} MB in fp32), {pieces:,} classes")
    optimizer = build.make("optimizer", config.optimizer, {"parameters": task.model.parameters()})
    options = config.train
    learner = Learner(
        task.model,
        task.segments,
        optimizer,
        accelerator,
        options.clip,
        options.label_smoothing,
        options.seed,
        options.consistency,
    )
    return task, learner, WeightAverage(task.model, options.average.decay, options.average.every)


def precision(name: str, device: torch.device) -> str:
    """fp32 or bf16; `auto` is bf16 where it is quick, on GPUs and on CPUs with AMX or AVX-512's.

    Raises:
        ConfigError: bf16 is asked of a CPU without it: oneDNN has no LSTM in bf16 there, and other
            cells would take longer than in fp32.
    """
    if name == "bf16" and device.type == "cpu" and not computes_bf16():
        raise ConfigError("train.precision=bf16: this processor does not compute in bf16")
    if name != "auto":
        return name
    if device.type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp32"
    return "bf16" if device.type == "cpu" and multiplies_bf16() else "fp32"


def size(model: torch.nn.Module) -> int:
    """How many weights `model` has."""
    return sum(parameter.numel() for parameter in model.parameters())


def begin(run: Run, config: TrainConfig, task: Task, given: Sequence[str]) -> None:
    """Make the run folder: all but weights and options."""
    run.folder.mkdir(parents=True, exist_ok=True)
    task.begin(run)
    device = build.device(config.train.device)
    run.write_facts(
        {
            "name": config.name,
            "kind": task.kind,
            "overrides": [str(option) for option in given],
            **task.facts(),
            "parameters": size(task.model),
            "device": device.type,
            "precision": precision(config.train.precision, device),
            "versions": card.versions(),
            "scores": [],
            "ended": None,
        }
    )


def finish(run: Run, config: TrainConfig, task: Task, ended: str) -> None:
    """Score the best weights on the test data, show and draw, and write the card."""
    run.read_weights(task.model)
    done = task.finish(run)
    facts = run.read_facts() | {"scores": done.scores, "ended": ended}
    run.write_facts(facts)
    yaml = OmegaConf.to_yaml(OmegaConf.structured(config))
    run.write_text(run.card, card.card(facts, task.table(), yaml, done))
    pictures.curves(report.read(run.metrics), run.curves)
    log.info("held-out samples:")
    for sample in done.samples:
        log.info("%s\n", sample)
    for line in done.scores:
        log.info("test: %s", line)
    log.info("\nto use it:\n%s", card.placed(done.commands, run.folder))
