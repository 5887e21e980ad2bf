"""From checked options to a finished run folder."""

import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from omegaconf import OmegaConf

from seq2seq import builders, hardware
from seq2seq.config.training import TrainConfig
from seq2seq.errors import Stopped
from seq2seq.hardware import choose_precision
from seq2seq.plots import curves
from seq2seq.run_folder import RunFolder
from seq2seq.training import checkpoint, metric_logger, model_card
from seq2seq.training.ema import WeightEMA
from seq2seq.training.progress import Clock, Progress
from seq2seq.training.resume import (
    require_resumable,
    require_same_data,
    with_original_precision,
)
from seq2seq.training.task import Task
from seq2seq.training.train_step import TrainStep
from seq2seq.training.trainer import Trainer

log = logging.getLogger("seq2seq.train")


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
    run = RunFolder(folder)
    require_resumable(run, config)
    track = builders.instantiate_node(
        "tracker", config.tracker, {"folder": folder}
    )  # early: it may not be installed
    schedule = builders.instantiate_node("schedule", config.schedule)
    task, learner, average = build_training(
        with_original_precision(run, config) if config.resume else config, log.info
    )
    progress = Progress()
    if config.resume:
        require_same_data(run, task)
        progress = checkpoint.load_checkpoint(run.last, learner, average)
        log.info("resumed %s at step %d", folder, progress.step)
    else:
        create_run_folder(run, config, task, given)
        checkpoint.save_checkpoint(run.last, learner, average, progress)
        run.write_config(config)  # last: from here on it is a run
    loop = Trainer(config, run, learner, schedule, average, task)
    clock = Clock(started + task.download_seconds, progress.seconds)
    teller = metric_logger.MetricLogger(run.metrics, track, progress.step)
    try:
        reason = loop.train(progress, clock, teller)
        log.info("training ended after step %d: %s", progress.step, reason)
        ended = f"{reason}; the weights of step {progress.best_step} are kept"
        finish_run(run, config, task, ended)
        teller.log_metrics("end", progress.step, {"seconds": round(clock.now(), 1)})
        return progress.best
    except Stopped as stop:
        resume = model_card.quote_argument(f"hydra.run.dir={folder}")
        log.info(
            "stopped at step %d; the same command with %s resume=true goes on",
            progress.step,
            resume,
        )
        raise SystemExit(128 + stop.number) from None


def build_training(
    config: TrainConfig, say: Callable[[str], None]
) -> tuple[Task, TrainStep, WeightEMA]:
    """The system, its data prepared, and what changes its weights; `say` tells people of it."""
    torch.set_flush_denormal(True)
    device = hardware.choose_device(config.train.device)
    kind = choose_precision(config.train.precision, device)
    # Of several runs in one process each has its own device and precision.
    AcceleratorState._reset_state(reset_partial_state=True)
    accelerator = Accelerator(
        mixed_precision="bf16" if kind == "bf16" else "no", cpu=device.type == "cpu"
    )
    # Tried on one weight first: a mistake is to be told before the corpus is prepared.
    builders.instantiate_node(
        "optimizer", config.optimizer, {"parameters": [torch.nn.Parameter(torch.ones(1))]}
    )
    torch.manual_seed(config.train.seed)
    # Hydra would make dictionaries of the options: it only finds the class.
    task: Task = builders.instantiate_node("task", config.task, {"_partial_": True})(config, say)
    task.model.to(accelerator.device)
    pieces = task.model.output.linear.out_features
    weights = count_parameters(task.model)
    say(f"device {device}, precision {kind}, {torch.get_num_threads()} threads")
    say(f"{weights:,} weights ({4 * weights / 2**20:.0f} MB in fp32), {pieces:,} classes")
    optimizer = builders.instantiate_node(
        "optimizer", config.optimizer, {"parameters": task.model.parameters()}
    )
    options = config.train
    learner = TrainStep(
        task.model,
        task.segments,
        optimizer,
        accelerator,
        options.clip,
        options.label_smoothing,
        options.seed,
        options.rdrop_alpha,
    )
    return task, learner, WeightEMA(task.model, options.ema.decay, options.ema.interval)


def count_parameters(model: torch.nn.Module) -> int:
    """How many weights `model` has."""
    return sum(parameter.numel() for parameter in model.parameters())


def create_run_folder(
    run: RunFolder, config: TrainConfig, task: Task, given: Sequence[str]
) -> None:
    """Make the run folder: all but weights and options."""
    run.folder.mkdir(parents=True, exist_ok=True)
    task.write_run_files(run)
    device = hardware.choose_device(config.train.device)
    run.write_facts(
        {
            "name": config.name,
            "kind": task.kind,
            "overrides": [str(option) for option in given],
            **task.facts(),
            "parameters": count_parameters(task.model),
            "device": device.type,
            "precision": choose_precision(config.train.precision, device),
            "versions": model_card.package_versions(),
            "scores": [],
            "ended": None,
        }
    )


def finish_run(run: RunFolder, config: TrainConfig, task: Task, ended: str) -> None:
    """Score the best weights on the test data, show and draw, and write the card."""
    run.read_weights(task.model)
    done = task.finish(run)
    facts = run.read_facts() | {"scores": done.scores, "ended": ended}
    run.write_facts(facts)
    yaml = OmegaConf.to_yaml(OmegaConf.structured(config))
    run.write_text(run.card, model_card.model_card(facts, task.table(), yaml, done))
    curves.plot_curves(metric_logger.read_metrics(run.metrics), run.curves)
    log.info("held-out samples:")
    for sample in done.samples:
        log.info("%s\n", sample)
    for line in done.scores:
        log.info("test: %s", line)
    log.info("\nto use it:\n%s", model_card.with_folder(done.commands, run.folder))
