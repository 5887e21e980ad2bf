"""Where the time of a training step goes.

python benchmarks/profile_training.py MULTI30K [OPTION=VALUE ...]

The model of speed_train.py, with overrides as on the command line of `seq2seq.train`. Forward and
backward of each part are timed where they begin and end (on a GPU after waiting for it, so that
what overlaps there is told apart here); what is left is Python, batches' way to the device and the
bookkeeping of autograd. Medians over steps; the first ones, in which kernels are made, left out.
"""

import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch import nn

from benchmarks import toolkits
from benchmarks.results import machine
from benchmarks.speed_train import OURS
from seq2seq.commands import compose
from seq2seq.config.training import TrainConfig
from seq2seq.config.validation import to_schema
from seq2seq.training import train_model
from seq2seq.training import train_step as learning

WARM, STEPS = 40, 120


class Stopwatch:
    """Seconds spent under a name, by step."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.steps: list[dict[str, float]] = []

    def now(self) -> float:
        """The time, when the device has done what it was given."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        return time.perf_counter()

    def add(self, name: str, seconds: float) -> None:
        """To the present step."""
        self.steps[-1][name] += seconds

    @contextmanager
    def step(self) -> Iterator[None]:
        """A new step."""
        self.steps.append(defaultdict(float))
        began = self.now()
        yield
        self.add("whole", self.now() - began)

    def wrap(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """`function`, its time counted under `name`."""

        def timed(*arguments: Any, **named: Any) -> Any:
            began = self.now()
            result = function(*arguments, **named)
            self.add(name, self.now() - began)
            return result

        return timed

    def watch(self, name: str, module: nn.Module) -> None:
        """Count a module's forward, and its backward from outputs to inputs."""
        began: list[float] = []

        def start(*_: Any) -> None:
            began.append(self.now())

        def stop(suffix: str) -> Callable[..., None]:
            return lambda *_: self.add(f"{name}, {suffix}", self.now() - began.pop())

        module.register_forward_pre_hook(start)
        module.register_forward_hook(stop("forward"))
        module.register_full_backward_pre_hook(start)
        module.register_full_backward_hook(stop("backward"))


def profile(config: TrainConfig) -> Stopwatch:
    """Train for some steps and watch."""
    task, learner, _ = train_model.build_training(config, print)
    model = learner.model
    watch = Stopwatch(learner.accelerator.device)
    kernels = {name: part for name, part in model.named_modules() if isinstance(part, nn.RNNBase)}
    for name, kernel in kernels.items():
        watch.watch(name.partition(".")[0] + "'s recurrence", kernel)
    watch.watch("attention", model.decoder.attention)
    watch.watch("readout", model.decoder.readout)
    patched: Any = learning
    patched.loss = watch.wrap("output and loss", patched.loss)
    learner.accelerator.clip_grad_norm_ = watch.wrap(
        "optimiser", learner.accelerator.clip_grad_norm_
    )
    for name in ("step", "zero_grad"):
        setattr(learner.stepper, name, watch.wrap("optimiser", getattr(learner.stepper, name)))
    for number, rows in enumerate(islice(task.train_data.epoch(0), WARM + STEPS), 1):
        with watch.step():
            batch = watch.wrap("data", task.train_data.load)(rows, 0)
            learner.step([batch], number, 1.0)
            watch.add("tokens", batch.tokens)
    return watch


def main(arguments: list[str]) -> None:
    """Print the table."""
    if not arguments:
        sys.exit(__doc__)
    data = toolkits.data(Path(arguments[0]))
    overrides = [*OURS, f"data.path={data}", *arguments[1:]]
    steps = profile(to_schema(compose.compose("train", overrides), TrainConfig)).steps[WARM:]
    print(", ".join(f"{key} {value}" for key, value in machine().items()))
    whole = sum(step["whole"] for step in steps)
    names = sorted({name for step in steps for name in step} - {"whole", "tokens"})
    print("\n| part | median ms | share |\n|---|---|---|")
    rest = whole
    for name in names:
        spent = [step[name] for step in steps]
        rest -= sum(spent)
        print(f"| {name} | {statistics.median(spent) * 1000:.1f} | {sum(spent) / whole:.0%} |")
    print(f"| all else | {rest / len(steps) * 1000:.1f} | {rest / whole:.0%} |")
    median = statistics.median(step["whole"] for step in steps) * 1000
    rate = sum(step["tokens"] for step in steps) / whole
    print(f"| a step | {median:.1f} | |\n\n{rate:,.0f} target pieces/s")


if __name__ == "__main__":
    main(sys.argv[1:])
