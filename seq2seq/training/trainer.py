"""Trainer: take a training step, log, validate, save, stop."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from itertools import islice
from types import FrameType

import torch

from seq2seq.config.training import TrainConfig
from seq2seq.data.batches import RowIndices
from seq2seq.errors import RunError, Stopped
from seq2seq.run_folder import RunFolder
from seq2seq.training import checkpoint
from seq2seq.training.ema import WeightEMA
from seq2seq.training.lr_schedules import Schedule
from seq2seq.training.median_stopping import hopeless_reason
from seq2seq.training.meter import Meter
from seq2seq.training.metric_logger import MetricLogger, format_duration
from seq2seq.training.progress import Clock, Progress
from seq2seq.training.stopping import StoppingCriteria
from seq2seq.training.task import Task, ValidationResult
from seq2seq.training.train_step import StepResult, TrainStep

# Clusters send SIGUSR1 some minutes before they end a job. Windows has no such signal.
STOP_SIGNALS = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGUSR1") if hasattr(signal, name)
]


class Trainer:
    """Trainer of a model, from the start or a checkpoint until a stopping criterion holds.

    In this order: a step; a log line every train.log_interval steps; a validation every
    validation.interval steps, and one at half of the time budget if there was none before; a
    checkpoint every train.save_interval steps, and after a signal. Then training stops, if a signal
    was received or a criterion holds. Every validation also writes a checkpoint. If training ends
    between validations, a checkpoint is written, and then the last step is validated.
    """

    def __init__(
        self,
        config: TrainConfig,
        run: RunFolder,
        train_step: TrainStep,
        schedule: Schedule,
        average: WeightEMA,
        task: Task,
    ) -> None:
        self.processes = train_step.processes
        self.config, self.run, self.train_step = config, run, train_step
        self.schedule, self.average, self.task = schedule, average, task
        self.criteria = StoppingCriteria(
            config.train, task.train_data.pairs, config.validation.patience
        )
        self.received: int | None = None  # number of the signal that stops training

    def train(self, progress: Progress, clock: Clock, report: MetricLogger) -> str:
        """Train until a stopping criterion holds, and return the criterion as text.

        Raises:
            Stopped: a signal was received; a checkpoint has been written.
            RunError: the loss is NaN, or the device has too little memory for a batch.
        """
        meter = Meter(clock.now(), self.criteria.fraction_done(progress, clock.now()))
        with self._signals():
            for micro_batches in self._steps(progress, clock):
                meter.add(self._update(micro_batches, progress, clock))
                self._log(progress, meter, clock, report)
                stop = self.processes.largest(self.received or 0)
                with meter.excluded():
                    self._validate_and_save(progress, meter, clock, report, stop)
                if stop:
                    raise Stopped(stop)
            # The first criterion that held: after the validation below another might hold too.
            reason = self.criteria.stop_reason(progress, clock.now()) or "training has ended"
            if progress.validated < progress.step or not progress.scores:
                meter.require_finite()
                self._save(progress, clock)
                self._evaluate(progress, clock, report)
            if stop := self.processes.largest(self.received or 0):
                raise Stopped(stop)
        return reason

    def _steps(self, progress: Progress, clock: Clock) -> Iterator[list[RowIndices]]:
        """Yield the micro-batches of each step until a stopping criterion holds.

        The current epoch continues after the batches that `progress` counts as completed.
        """
        clock.agree(self.processes)
        count = self.config.train.accumulate * self.processes.count
        while not self.criteria.stop_reason(progress, clock.now()):
            batches = islice(self.task.train_data.epoch(progress.epoch), progress.batches, None)
            while micro_batches := list(islice(batches, count)):
                yield micro_batches
                if self.criteria.stop_reason(progress, clock.now()):
                    return
            progress.epoch, progress.batches, progress.pairs = progress.epoch + 1, 0, 0

    def _update(
        self, micro_batches: list[RowIndices], progress: Progress, clock: Clock
    ) -> StepResult:
        """Take one training step on `micro_batches`, and update the counts and the EMA.

        The processes take them in turns: a run in one of them that accumulates as many is the same.
        """
        fraction = self.criteria.fraction_done(progress, clock.now())
        factor = self.schedule(progress.step + 1, fraction, progress.scores)
        own = micro_batches[self.processes.rank :: self.processes.count]
        batches = [self.task.train_data.load(rows, progress.epoch) for rows in own]
        try:
            result = self.train_step.step(batches, progress.step + 1, factor)
        except torch.OutOfMemoryError:
            raise RunError(
                f"the device ran out of memory in step {progress.step + 1}: "
                f"batches.tokens={self.config.batches.tokens} must be smaller; resume=true resumes"
            ) from None
        progress.step += 1
        progress.batches += len(micro_batches)
        progress.pairs += sum(len(rows) for rows in micro_batches)
        progress.tokens += result.tokens
        self.average.update(progress.step)
        clock.agree(self.processes)
        return result

    def _validate_and_save(
        self,
        progress: Progress,
        meter: Meter,
        clock: Clock,
        report: MetricLogger,
        stop: int,
    ) -> None:
        """Validate if a validation is due after this step, then save if a checkpoint is due.

        A checkpoint is due after the signal `stop`, too; 0: there was none.
        """
        interval = self.config.validation.interval
        if self.criteria.should_validate(progress, interval, clock.now()):
            meter.require_finite()
            self._evaluate(progress, clock, report)
        if progress.step % self.config.train.save_interval == 0 or stop:
            meter.require_finite()
            self._save(progress, clock)

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """Record the first signal within this block, and stop at once at the second."""
        previous = {number: signal.signal(number, self._receive) for number in STOP_SIGNALS}
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    def _receive(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal."""
        del frame
        if self.received:
            raise Stopped(number)
        self.received = number

    def _log(self, progress: Progress, meter: Meter, clock: Clock, report: MetricLogger) -> None:
        is_due = progress.step % self.config.train.log_interval == 0
        if not is_due and not (report.is_terminal and meter.is_stale()):
            return
        now = clock.now()
        remaining = meter.remaining(now, self.criteria.fraction_done(progress, now))
        values = meter.values(self.train_step.learning_rate())
        memory = f"{values['memory_mb']:,} MB  " if "memory_mb" in values else ""
        report.progress_line(
            f"epoch {progress.epoch + 1}  step {progress.step}  loss {values['loss']:.3f}  "
            f"perplexity {values['perplexity']:.2f}  {values['tokens_per_second']:,.0f} tokens/s  "
            f"{memory}{format_duration(now)} gone, "
            f"{format_duration(remaining)} left",
            is_due,
        )
        if is_due:
            report.log_metrics("train", progress.step, {**values, "seconds": round(clock.now(), 1)})
            meter.restart()

    def _evaluate(self, progress: Progress, clock: Clock, report: MetricLogger) -> None:
        """Validate the averaged weights, save the best ones, and write a checkpoint."""
        report.clear()
        initial = self.train_step.initial
        with self.average.applied(), initial.averaged() if initial else nullcontext():
            result = self._validate(report, progress.step)
            progress.scores.append(result.score)
            progress.validated = progress.step
            if progress.waited == 0:
                progress.best_step = progress.step
                if self.processes.is_first:
                    self.run.write_model(self.train_step.model)
        clock.agree(self.processes)
        # Part of the budget is reserved for one more validation and the final report: a fifth more
        # than the seconds of this validation suggest, and 8 s for the plots and the model card.
        progress.reserve = 1.2 * result.seconds * (1 + self.task.finish_cost) + 8
        values = {**result.values, "seconds": round(clock.now(), 1)}
        report.log_metrics("validation", progress.step, values)
        if self.config.validation.median_stop:
            best = max(progress.scores)
            reason = hopeless_reason(self.run.folder, progress.step, best)
            self.criteria.hopeless = self.processes.of_first(reason)
        self._save(progress, clock)

    def _validate(self, report: MetricLogger, step: int) -> ValidationResult:
        """Return the result of a validation, which the first process computes."""
        if self.processes.is_first:
            return self.processes.of_first(self.task.validate(report, step))
        nothing = ValidationResult(0.0, {}, 0.0)
        return self.processes.of_first(nothing)

    def _save(self, progress: Progress, clock: Clock) -> None:
        progress.seconds = clock.now()
        if self.processes.is_first:
            checkpoint.save_checkpoint(self.run.last, self.train_step, self.average, progress)
