"""The loop: batch, loss, backward, clip, step, log, validate, save, stop."""

import signal
from collections.abc import Iterator
from itertools import islice
from types import FrameType

from seq2seq.config.training import TrainConfig
from seq2seq.data.batches import RowIndices
from seq2seq.errors import Stopped
from seq2seq.run_folder import RunFolder
from seq2seq.training import checkpoint
from seq2seq.training.ema import WeightEMA
from seq2seq.training.lr_schedules import Schedule
from seq2seq.training.meter import Meter
from seq2seq.training.metric_logger import MetricLogger, format_duration
from seq2seq.training.progress import Clock, Progress
from seq2seq.training.stopping import StoppingCriteria
from seq2seq.training.task import Task
from seq2seq.training.train_step import TrainStep


class Trainer:
    """Training from where `progress` stands to where `plan` ends."""

    def __init__(
        self,
        config: TrainConfig,
        run: RunFolder,
        learner: TrainStep,
        schedule: Schedule,
        average: WeightEMA,
        task: Task,
    ) -> None:
        self.config, self.run, self.learner = config, run, learner
        self.schedule, self.average, self.task = schedule, average, task
        self.plan = StoppingCriteria(
            config.train, task.train_data.pairs, config.validation.patience
        )
        self.asked: int | None = None  # the signal that asked us to stop

    def train(self, progress: Progress, time: Clock, report: MetricLogger) -> str:
        """Learn until the plan ends, and return why it did.

        Raises:
            Stopped: a signal came; the checkpoint is written.
        """
        options = self.config.train
        meter = Meter(time.now(), self.plan.fraction_done(progress, time.now()))
        previous = {n: signal.signal(n, self._ask) for n in (signal.SIGINT, signal.SIGTERM)}
        try:
            while not (reason := self.plan.stop_reason(progress, time.now())):
                for group in self._epoch(progress):
                    factor = self.schedule(
                        progress.step + 1,
                        self.plan.fraction_done(progress, time.now()),
                        progress.scores,
                    )
                    batches = [self.task.train_data.load(rows, progress.epoch) for rows in group]
                    learned = self.learner.step(batches, progress.step + 1, factor)
                    progress.step += 1
                    progress.batches += len(group)
                    progress.pairs += sum(len(rows) for rows in group)
                    progress.tokens += learned.tokens
                    self.average.update(progress.step)
                    meter.add(learned)
                    self._log(progress, meter, time, report)
                    with meter.excluded():
                        if self.plan.should_validate(
                            progress, self.config.validation.interval, time.now()
                        ):
                            meter.require_finite()
                            self._validate(progress, time, report)
                        if progress.step % options.save_interval == 0 or self.asked:
                            meter.require_finite()
                            self._save(progress, time)
                    if self.asked:
                        raise Stopped(self.asked)
                    if reason := self.plan.stop_reason(progress, time.now()):
                        break
                else:
                    progress.epoch, progress.batches, progress.pairs = progress.epoch + 1, 0, 0
            if progress.validated < progress.step or not progress.scores:
                meter.require_finite()
                self._save(progress, time)
                self._validate(progress, time, report)
            if self.asked:
                raise Stopped(self.asked)
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)
        return reason

    def _ask(self, number: int, frame: FrameType | None) -> None:
        del frame
        if self.asked:  # a second time: somebody is in a hurry
            raise Stopped(number)
        self.asked = number

    def _epoch(self, progress: Progress) -> Iterator[list[RowIndices]]:
        """What is left of this epoch, the batches of one step at a time."""
        batches = islice(self.task.train_data.epoch(progress.epoch), progress.batches, None)
        while group := list(islice(batches, self.config.train.accumulate)):
            yield group

    def _log(self, progress: Progress, meter: "Meter", time: Clock, report: MetricLogger) -> None:
        worth = progress.step % self.config.train.log_interval == 0
        if not worth and not (report.live and meter.stale()):
            return
        share = self.plan.fraction_done(progress, time.now())
        left = (time.now() - meter.began) * (1 - share) / max(share - meter.share, 1e-6)
        values = meter.values(self.learner.learning_rate())
        report.live_line(
            f"epoch {progress.epoch + 1}  step {progress.step}  loss {values['loss']:.3f}  "
            f"perplexity {values['perplexity']:.2f}  {values['tokens_per_second']:,.0f} tokens/s  "
            f"{values['memory_mb']:,} MB  {format_duration(time.now())} gone, "
            f"{format_duration(left)} left",
            worth,
        )
        if worth:
            report.log_metrics("train", progress.step, {**values, "seconds": round(time.now(), 1)})
            meter.restart()

    def _validate(self, progress: Progress, time: Clock, report: MetricLogger) -> None:
        report.clear()
        with self.average.applied():
            result = self.task.validate(report, progress.step)
            progress.scores.append(result.score)
            progress.validated = progress.step
            if progress.waited == 0:
                progress.best_step = progress.step
                self.run.write_model(self.learner.model)
        # One more validation and what comes after training, with a margin.
        progress.reserve = 1.2 * result.seconds * (1 + self.task.finish_cost) + 8
        values = {**result.values, "seconds": round(time.now(), 1)}
        report.log_metrics("validation", progress.step, values)
        self._save(progress, time)

    def _save(self, progress: Progress, time: Clock) -> None:
        progress.seconds = time.now()
        checkpoint.save_checkpoint(self.run.last, self.learner, self.average, progress)
