"""Train a model: from validated options to a finished run folder."""

import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from omegaconf import OmegaConf

from seq2seq import builders, hardware
from seq2seq.config.literals import quote_argument
from seq2seq.config.training import TrainConfig, TrainingOptions
from seq2seq.errors import RunError, Stopped
from seq2seq.hardware import choose_precision
from seq2seq.plots import curves
from seq2seq.run_folder import RunFolder, named_weights
from seq2seq.storage.locks import lock_folder
from seq2seq.storage.temporary import remove_temporaries
from seq2seq.storage.tensors import save_tensors
from seq2seq.training import checkpoint, metric_logger, model_card, stopping
from seq2seq.training.ema import WeightEMA
from seq2seq.training.freezing import freeze
from seq2seq.training.initial import (
    lineage,
    load_initial_weights,
    with_initial_options,
    with_resume_decided,
)
from seq2seq.training.initial_weights import InitialWeights
from seq2seq.training.pieces import with_own_pieces
from seq2seq.training.processes import ALONE, Processes, require_divisible
from seq2seq.training.progress import Clock, Progress
from seq2seq.training.resume import (
    require_resumable,
    require_same_data,
    resume_progress,
    with_earlier_cell,
    with_earlier_data,
    with_original_precision,
    with_recorded_choices,
)
from seq2seq.training.task import Task
from seq2seq.training.train_step import TrainStep
from seq2seq.training.trainer import Trainer

log = logging.getLogger("seq2seq.train")


def train_model(
    config: TrainConfig,
    folder: Path,
    given: Sequence[str] = (),
    started: float | None = None,
    processes: Processes = ALONE,
) -> float | None:
    """Train the model of `config` into `folder`, or resume the run that is there.

    Args:
        config: the options.
        folder: folder of the run; no other process can train in it at the same time.
        given: the overrides of the command line, for run.json.
        started: when the time of train.budget began, by `time.monotonic`; None: now.
        processes: those that train it together, all by a call of this function.

    Returns:
        The best validation score; larger is better: the objective of a sweep.

    Raises:
        RunError: the folder is in use, or it holds a run and `resume` is off, or the options or
            data of that run are others.
        UserError: the data, an option or the disk does not allow it.
    """
    started = time.monotonic() if started is None else started
    run = RunFolder(folder)
    config = with_earlier_data(run, with_resume_decided(run, config))
    config = with_earlier_cell(run, config)
    config = with_initial_options(run, with_recorded_choices(run, config), given)
    require_resumable(run, config)  # before a folder is created
    require_divisible(config, processes)
    with lock_folder(folder) if processes.is_first else nullcontext():
        if processes.is_first:
            remove_temporaries(folder)
        return _train_in_locked_folder(config, run, given, started, processes)


def _train_in_locked_folder(
    config: TrainConfig,
    run: RunFolder,
    given: Sequence[str],
    started: float,
    processes: Processes,
) -> float | None:
    """Train the model of `config`, or resume its run; the caller has locked the folder."""
    changed = require_resumable(run, config)  # again: another process may have trained since
    # Early, since its package may not be installed.
    tracker = builders.instantiate_node("tracker", config.tracker, {"folder": run.folder})
    schedule = builders.instantiate_node("schedule", config.schedule)
    resumes = config.resume == "true"
    own = with_own_pieces(with_original_precision(run, config), run) if resumes else config
    task, train_step, average = build_training(own, log.info, processes)
    progress = Progress(seeds_micro_batches=True)
    if resumes:
        require_same_data(run, task)
        progress = resume_progress(run, train_step, average)
        if changed and processes.is_first:
            log.info("resuming with other values of %s", ", ".join(changed))
            run.write_config(config)
    elif processes.is_first:
        create_run_folder(run, config, task, given)
        checkpoint.save_checkpoint(run.last, train_step, average, progress)
        run.write_config(config)  # last, since a folder with it is a run
    processes.wait()  # until the folder is there
    train_step.initial = read_initial_weights(run, config, task)
    trainer = Trainer(config, run, train_step, schedule, average, task)
    log.info("training on %s", trainer.criteria.describe())
    clock = Clock(started + task.download_seconds, progress.seconds)
    metrics = run.metrics if processes.is_first else None
    logger = metric_logger.MetricLogger(metrics, tracker, progress.step)
    try:
        reason = trainer.train(progress, clock, logger)
        if not processes.is_first:
            return progress.best
        log.info("training ended after step %d: %s", progress.step, reason)
        if warning := stopping.short_budget_warning(reason, progress, clock.now()):
            log.warning(warning)
        ending = f"{reason}; the weights of step {progress.best_step} are kept"
        finish_run(run, config, task, {"ended": ending, "seconds": round(clock.now(), 1)})
        logger.log_metrics("end", progress.step, {"seconds": round(clock.now(), 1)})
        return progress.best
    except Stopped as stop:
        folder = quote_argument(f"hydra.run.dir={run.folder}")
        again = f"the same command with {folder} resume=true goes on"
        log.info("stopped at step %d; %s", progress.step, again)
        raise SystemExit(128 + stop.number) from None


def fp32_size(parameters: int) -> str:
    """Return the size of as many fp32 weights, in kB below 1 MB."""
    size = 4 * parameters
    return f"{size / 2**20:.0f} MB" if size >= 2**20 else f"{size / 2**10:.0f} kB"


def build_training(
    config: TrainConfig, notify: Callable[[str], None], processes: Processes = ALONE
) -> tuple[Task, TrainStep, WeightEMA]:
    """Build the task with its data, the training step, and the average of the weights.

    Args:
        config: the options.
        notify: a function of a line for the user: dropped pairs, device, sizes.
        processes: those that train together; the first prepares the data for all.

    Raises:
        UserError: the data or an option does not allow it.
    """
    torch.set_flush_denormal(True)
    device = hardware.choose_device(config.train.device)
    precision = choose_precision(config.train.precision, device)
    # Reset, since several runs in one process may differ in device and precision.
    AcceleratorState._reset_state(reset_partial_state=True)
    accelerator = Accelerator(
        mixed_precision="bf16" if precision == "bf16" else "no", cpu=device.type == "cpu"
    )
    # A first optimizer, of one weight: a wrong option is reported before the corpus is prepared.
    builders.instantiate_node(
        "optimizer", config.optimizer, {"parameters": [torch.nn.Parameter(torch.ones(1))]}
    )
    torch.manual_seed(config.train.seed)
    # Hydra only looks up the class: a call by Hydra would turn the options into dictionaries.
    with processes.first_alone():
        task: Task = builders.instantiate_node("task", config.task, {"_partial_": True})(
            config, notify
        )
    load_initial_weights(task, config, notify)
    task.model.to(accelerator.device)
    processes.copy_weights(task.model)
    frozen = freeze(task.model, config.train.freeze)
    classes = task.model.output.linear.out_features
    parameters = count_parameters(task.model)
    notify(f"device {device}, precision {precision}, {torch.get_num_threads()} threads")
    notify(f"{parameters:,} parameters ({fp32_size(parameters)} in fp32), {classes:,} classes")
    if frozen:
        notify(f"{frozen:,} of them are frozen: {', '.join(config.train.freeze)}")
    trained = [parameter for parameter in task.model.parameters() if parameter.requires_grad]
    optimizer = builders.instantiate_node("optimizer", config.optimizer, {"parameters": trained})
    train_step = build_train_step(task, config.train, optimizer, accelerator)
    train_step.processes = processes
    ema = config.train.ema
    return task, train_step, WeightEMA(task.model, ema.decay, ema.interval)


def build_train_step(
    task: Task, options: TrainingOptions, optimizer: torch.optim.Optimizer, accelerator: Accelerator
) -> TrainStep:
    """Build the training step of the network of `task`."""
    return TrainStep(
        task.model,
        task.segments,
        optimizer,
        accelerator,
        math.inf if options.clip is None else options.clip,
        options.label_smoothing,
        options.seed,
        options.rdrop_alpha,
    )


def count_parameters(model: torch.nn.Module) -> int:
    """Return the number of parameters of `model`."""
    return sum(parameter.numel() for parameter in model.parameters())


def create_run_folder(
    run: RunFolder, config: TrainConfig, task: Task, given: Sequence[str]
) -> None:
    """Write the run folder, except its checkpoint and options."""
    run.folder.mkdir(parents=True, exist_ok=True)
    task.write_run_files(run)
    save_initial_weights(run, config, task)
    device = hardware.choose_device(config.train.device)
    run.write_facts(
        {
            "name": config.name,
            "kind": task.kind,
            "overrides": [str(option) for option in given],
            **task.facts(),
            "examples": task.train_data.pairs,
            **({"lineage": lineage(config)} if config.init.run else {}),
            "parameters": count_parameters(task.model),
            "device": device.type,
            "precision": choose_precision(config.train.precision, device),
            "threads": torch.get_num_threads(),
            "year": time.gmtime().tm_year,
            "versions": model_card.package_versions(),
            "scores": [],
            "ended": None,
        }
    )


def save_initial_weights(run: RunFolder, config: TrainConfig, task: Task) -> None:
    """Save the weights that training begins with, if a resumed run will need them."""
    if config.init.distance_penalty or config.init.average:
        save_tensors(run.initial, named_weights(task.model), {"format": "pt"})


def read_initial_weights(run: RunFolder, config: TrainConfig, task: Task) -> InitialWeights | None:
    """Read what `save_initial_weights` saved; None: the weights may go anywhere.

    Raises:
        RunError: the file is missing, damaged, or of another network.
    """
    options = config.init
    if not (options.distance_penalty or options.average):
        return None
    values = run.read_tensors(run.initial)
    try:
        return InitialWeights(task.model, values, options.distance_penalty, options.average)
    except KeyError as error:
        raise RunError(f"{run.initial} is of another network: it has no {error}") from None


def finish_run(run: RunFolder, config: TrainConfig, task: Task, outcome: Mapping[str, Any]) -> None:
    """Score the best weights on the test data, draw the plots, and write the model card.

    Args:
        run: the run folder.
        config: the options.
        task: the task; the best weights are loaded into its model.
        outcome: entries of run.json: `ended`, the reason, and `seconds` of training.
    """
    run.read_weights(task.model)
    report = task.finish(run)
    facts = run.read_facts() | {**outcome, "scores": report.scores}
    run.write_facts(facts)
    yaml = OmegaConf.to_yaml(OmegaConf.structured(config))
    card = model_card.model_card(facts, task.table(), yaml, report, run.attention.is_file())
    run.write_text(run.card, card)
    curves.plot_curves(metric_logger.read_metrics(run.metrics), run.curves)
    log.info("held-out samples:")
    for sample in report.samples:
        log.info("%s\n", sample)
    for line in report.scores:
        log.info("test: %s", line)
    log.info("\nto use it:\n%s", model_card.with_folder(report.commands, run.folder))
