"""The loop: batch, loss, backward, clip, step, log, validate, save, stop."""

import math
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from types import FrameType

from seq2seq.batches import Rows
from seq2seq.config.training import TrainConfig
from seq2seq.errors import RunError, Stopped
from seq2seq.run import Run
from seq2seq.training import checkpoint
from seq2seq.training.average import WeightAverage
from seq2seq.training.learner import Learned, Learner, perplexity
from seq2seq.training.progress import Clock, Plan, Progress
from seq2seq.training.report import Report, clock, memory
from seq2seq.training.schedule import Schedule
from seq2seq.training.task import Task


class Loop:
    """Training from where `progress` stands to where `plan` ends."""

    def __init__(
        self,
        config: TrainConfig,
        run: Run,
        learner: Learner,
        schedule: Schedule,
        average: WeightAverage,
        task: Task,
    ) -> None:
        self.config, self.run, self.learner = config, run, learner
        self.schedule, self.average, self.task = schedule, average, task
        self.plan = Plan(config.train, task.feed.pairs, config.validation.patience)
        self.asked: int | None = None  # the signal that asked us to stop

    def train(self, progress: Progress, time: Clock, report: Report) -> str:
        """Learn until the plan ends, and return why it did.

        Raises:
            Stopped: a signal came; the checkpoint is written.
        """
        options = self.config.train
        meter = Meter(time.now(), self.plan.share(progress, time.now()))
        previous = {n: signal.signal(n, self._ask) for n in (signal.SIGINT, signal.SIGTERM)}
        try:
            while not (reason := self.plan.end(progress, time.now())):
                for group in self._epoch(progress):
                    factor = self.schedule(
                        progress.step + 1, self.plan.share(progress, time.now()), progress.scores
                    )
                    batches = [self.task.feed.load(rows, progress.epoch) for rows in group]
                    learned = self.learner.step(batches, progress.step + 1, factor)
                    progress.step += 1
                    progress.batches += len(group)
                    progress.pairs += sum(len(rows) for rows in group)
                    progress.tokens += learned.tokens
                    self.average.update(progress.step)
                    meter.add(learned)
                    self._log(progress, meter, time, report)
                    with meter.apart():
                        if self.plan.due(progress, self.config.validation.every, time.now()):
                            meter.check()
                            self._validate(progress, time, report)
                        if progress.step % options.save_every == 0 or self.asked:
                            meter.check()
                            self._save(progress, time)
                    if self.asked:
                        raise Stopped(self.asked)
                    if reason := self.plan.end(progress, time.now()):
                        break
                else:
                    progress.epoch, progress.batches, progress.pairs = progress.epoch + 1, 0, 0
            if progress.validated < progress.step or not progress.scores:
                meter.check()
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

    def _epoch(self, progress: Progress) -> Iterator[list[Rows]]:
        """What is left of this epoch, the batches of one step at a time."""
        batches = islice(self.task.feed.epoch(progress.epoch), progress.batches, None)
        while group := list(islice(batches, self.config.train.accumulate)):
            yield group

    def _log(self, progress: Progress, meter: "Meter", time: Clock, report: Report) -> None:
        worth = progress.step % self.config.train.log_every == 0
        if not worth and not (report.live and meter.stale()):
            return
        share = self.plan.share(progress, time.now())
        left = (time.now() - meter.began) * (1 - share) / max(share - meter.share, 1e-6)
        values = meter.values(self.learner.rate())
        report.tick(
            f"epoch {progress.epoch + 1}  step {progress.step}  loss {values['loss']:.3f}  "
            f"perplexity {values['perplexity']:.2f}  {values['tokens_per_second']:,.0f} tokens/s  "
            f"{values['memory_mb']:,} MB  {clock(time.now())} gone, {clock(left)} left",
            worth,
        )
        if worth:
            report.record("train", progress.step, {**values, "seconds": round(time.now(), 1)})
            meter.restart()

    def _validate(self, progress: Progress, time: Clock, report: Report) -> None:
        report.clear()
        with self.average.applied():
            result = self.task.validate(report, progress.step)
            progress.scores.append(result.score)
            progress.validated = progress.step
            if progress.waited == 0:
                progress.best_step = progress.step
                self.run.write_model(self.learner.model)
        # One more validation and what comes after training, with a margin.
        progress.reserve = 1.2 * result.seconds * (1 + self.task.later) + 8
        values = {**result.values, "seconds": round(time.now(), 1)}
        report.record("validation", progress.step, values)
        self._save(progress, time)

    def _save(self, progress: Progress, time: Clock) -> None:
        progress.seconds = time.now()
        checkpoint.save(self.run.last, self.learner, self.average, progress)


class Meter:
    """Loss and speed since the last line."""

    def __init__(self, now: float, share: float) -> None:
        self.began, self.share = now, share  # the time, and how much of the plan was done then
        self.restart()

    def restart(self) -> None:
        """Begin anew."""
        self.parts: list[Learned] = []
        self.tokens, self.since, self.shown = 0, time.monotonic(), time.monotonic()

    @contextmanager
    def apart(self) -> Iterator[None]:
        """What is done within this block is not training, and its time does not count."""
        began = time.monotonic()
        yield
        self.since += time.monotonic() - began

    def add(self, learned: Learned) -> None:
        """Take in one step, without waiting for the device."""
        self.parts.append(learned)
        self.tokens += learned.tokens

    def stale(self) -> bool:
        """Whether the live line is a second old."""
        if time.monotonic() - self.shown < 1:
            return False
        self.shown = time.monotonic()
        return True

    def check(self) -> None:
        """Refuse to go on, or to save, with weights that are lost; the device is waited for."""
        if any(math.isnan(float(part.loss) + float(part.norm)) for part in self.parts):
            raise RunError("the loss is not a number any more; a smaller optimizer.lr may help")

    def values(self, rate: float) -> dict[str, float]:
        """The figures of a line; here the device is waited for."""
        self.check()
        exact = sum(float(part.exact) for part in self.parts)
        total = sum(float(part.loss) for part in self.parts)
        norm = float(self.parts[-1].norm)
        return {
            "loss": round(total / self.tokens, 4),
            "perplexity": round(perplexity(exact, self.tokens), 3),
            "gradient_norm": round(norm, 4),
            "rate": rate,
            "tokens_per_second": round(self.tokens / (time.monotonic() - self.since), 1),
            "memory_mb": memory(),
        }
